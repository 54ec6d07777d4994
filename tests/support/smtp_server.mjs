// A mail server for tests: npm's smtp-server, with TLS. Prints "port N" when it listens, and a line of JSON for each mail
// that it took; ends with its standard input.
// Usage: smtp_server.mjs --cert PEM --key PEM [--secure] [--no-tls] [--user NAME --password WORD] [--refuse ADDRESS] [--fail CODE]
//     [--put-off ADDRESS]
//   --secure: TLS from the beginning. --no-tls: it offers no STARTTLS. --refuse: no such recipient. --fail: refuses all.
//   --put-off: not at first.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';

const require = createRequire(new URL('../e2e/package.json', import.meta.url));
const { SMTPServer } = require('smtp-server');

const text = { type: 'string' };
const flag = { type: 'boolean' };
const { values: options } = parseArgs({
  options: {
    cert: text, key: text, secure: flag, 'no-tls': flag, user: text, password: text, refuse: text, fail: text, 'put-off': text,
  },
});
let putOff = options['put-off'];
const error = (code, message) => Object.assign(new Error(message), { responseCode: code });

const server = new SMTPServer({
  secure: options.secure,
  cert: options.cert && fs.readFileSync(options.cert),
  key: options.key && fs.readFileSync(options.key),
  disabledCommands: options['no-tls'] ? ['STARTTLS'] : [],
  authOptional: !options.user,
  disableReverseLookup: true,
  onAuth(auth, session, done) {
    const right = auth.username === options.user && auth.password === options.password;
    done(right ? null : error(535, `no such login: ${auth.password}`), right && { user: auth.username });
  },
  onMailFrom(address, session, done) {
    done(options.fail ? error(Number(options.fail), 'come back later') : null);
  },
  onRcptTo(address, session, done) {
    if (address.address === putOff) {
      putOff = '';
      return done(error(450, '4.2.0 greylisted'));
    }
    done(address.address === options.refuse ? error(550, `no such user ${address.address}`) : null);
  },
  onData(stream, session, done) {
    const pieces = [];
    stream.on('data', piece => pieces.push(piece));
    stream.on('end', () => {
      const { envelope, secure, user } = session;
      console.log(JSON.stringify({
        from: envelope.mailFrom.address, to: envelope.rcptTo.map(one => one.address), secure, user,
        mail: Buffer.concat(pieces).toString('latin1'),
      }));
      done();
    });
  },
});
server.on('error', () => {}); // clients that break off
server.listen(0, '127.0.0.1', () => console.log(`port ${server.server.address().port}`));
process.stdin.on('end', () => process.exit()).resume();
