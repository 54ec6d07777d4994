// A proxy as companies have them: under a path, with a login, one that loses a connection or holds streams back.

import http from 'node:http';

/** Serves `target` at `url`. Set `login` or `buffers` to true; stall() lets the open streams fall silent; `streams` counts them. */
export async function proxyTo(test, target, prefix = '') {
  const open = new Set();
  const proxy = { login: false, buffers: false, streams: 0, stall: () => open.forEach(stream => { stream.silent = true; }) };
  const server = http.createServer((request, response) => {
    if (request.url === '/login') return response.writeHead(200, { 'Content-Type': 'text/html' }).end('<h1>Log in</h1>');
    if (proxy.login) return response.writeHead(302, { Location: '/login' }).end();
    if (!request.url.startsWith(`${prefix}/`)) return response.writeHead(404).end('outside');
    const path = request.url.slice(prefix.length);
    const isStream = path.startsWith('/api/v1/events');
    if (isStream) proxy.streams += 1;
    if (isStream && proxy.buffers) return;
    const stream = { silent: false, end: () => response.destroy() };
    if (isStream) open.add(stream);
    const upstream = http.request(new URL(path, target), { method: request.method, headers: request.headers }, answer => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.on('data', data => stream.silent || response.write(data));
      answer.on('end', () => stream.silent || response.end());
    });
    upstream.on('error', () => response.destroy());
    response.on('close', () => {
      open.delete(stream);
      upstream.destroy();
    });
    upstream.end();
  });
  proxy.cut = () => open.forEach(stream => stream.end());
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  test.after(() => new Promise(resolve => {
    server.close(resolve);
    server.closeAllConnections();
  }));
  proxy.origin = `http://localhost:${server.address().port}`;
  proxy.url = `${proxy.origin}${prefix}/`;
  return proxy;
}
