// A server of tokens for tests, npm's oidc-provider, and a source that wants one. Prints "port N" when it listens and "token" for
// each token that it grants; a line "revoke" on its standard input ends all tokens, the end of it the server.
// Usage: oidc_server.mjs --client ID --secret WORD --life SECONDS [--auth METHOD]
//   /token: the token endpoint; /capacity: {"free": 3, "total": 4} with a token that has not ended, else 401
import http from 'node:http';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const require = createRequire(new URL('../e2e/package.json', import.meta.url));
const { default: Provider } = await import(pathToFileURL(require.resolve('oidc-provider')));

const text = { type: 'string' };
const { values: options } = parseArgs({ options: { client: text, secret: text, life: text, auth: text } });
const granted = [];
let provider;

const server = http.createServer(async (request, response) => {
  if (request.url !== '/capacity') return provider.callback()(request, response);
  const given = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '');
  const token = given && await provider.ClientCredentials.find(given[1]);
  const fine = token?.isValid && token.scope === 'capacity';
  response.writeHead(fine ? 200 : 401, { 'content-type': 'application/json' });
  response.end(JSON.stringify(fine ? { free: 3, total: 4 } : { error: 'invalid_token' }));
});

server.listen(0, '127.0.0.1', () => {
  const { port } = server.address();
  provider = new Provider(`http://127.0.0.1:${port}`, {
    clients: [{
      client_id: options.client,
      client_secret: options.secret,
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
      token_endpoint_auth_method: options.auth ?? 'client_secret_basic',
    }],
    features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
    scopes: ['capacity'],
    ttl: { ClientCredentials: Number(options.life) },
  });
  provider.on('client_credentials.saved', token => {
    granted.push(token);
    console.log('token');
  });
  console.log(`port ${port}`);
});

createInterface({ input: process.stdin })
  .on('line', () => granted.splice(0).forEach(token => token.destroy()))
  .on('close', () => process.exit());
