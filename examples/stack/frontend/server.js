// SPDX-License-Identifier: MIT
// The front end: a page, its script and its style; listens on hale's socket.
'use strict';
const fs = require('fs');
const http = require('http');
const path = require('path');

const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css' };
const files = new Map();
for (const name of fs.readdirSync(path.join(__dirname, 'public')))
	files.set('/' + name, {
		type: types[path.extname(name)] || 'application/octet-stream',
		body: fs.readFileSync(path.join(__dirname, 'public', name)),
	});
files.set('/', files.get('/index.html'));

const server = http.createServer((request, response) => {
	const file = files.get(request.url.split('?')[0]);
	if (request.url === '/healthz') {
		response.end('ok\n');
	} else if (file) {
		response.setHeader('content-type', file.type);
		response.end(file.body);
	} else {
		response.statusCode = 404;
		response.end('not found\n');
	}
});

process.on('SIGTERM', () => {
	server.close(() => process.exit(0));
	server.closeIdleConnections();
});
server.listen(process.env.LISTEN_FDS ? { fd: 3 } : { port: 10300 }, () => console.log('frontend: up'));
