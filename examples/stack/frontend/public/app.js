// SPDX-License-Identifier: MIT
'use strict';
const find = (id) => document.getElementById(id);

async function show() {
	const answer = await (await fetch('/api/items')).json();
	find('items').replaceChildren(...answer.items.map((item) => {
		const line = document.createElement('li');
		line.textContent = item.name;
		return line;
	}));
	find('hits').textContent = (await (await fetch('/api/hits')).json()).hits;
}

find('add').addEventListener('submit', async (event) => {
	event.preventDefault();
	const name = new FormData(event.target).get('name');
	await fetch('/api/items', { method: 'POST', body: JSON.stringify({ name }) });
	event.target.reset();
	show();
});
show();
