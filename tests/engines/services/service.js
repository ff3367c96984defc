// A service in Node: a server that is closed on SIGTERM.
const server = require('http').createServer((q, r) => r.end('ok\n'));
process.on('SIGTERM', () => server.close(() => { console.log('node ends'); process.exit(0); }));
server.listen(8080, '127.0.0.1', () => console.log('up'));
