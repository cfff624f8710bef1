/* SPDX-License-Identifier: BSD-2-Clause */
/* Charts of the tables that are there already, and the table of all records. Text is only ever textContent. */
'use strict';

(() => {
	const rowsAPage = 50, rowsOnPaper = 500;
	const byId = id => document.getElementById(id);

	/* ---- Charts ---------------------------------------------------------------------------- */

	const kinds = [['read', '#1d5a96'], ['changed', '#8fb8de'], ['refused', '#ffffff']];

	function legend() {
		const list = document.createElement('ul');
		list.className = 'legend';
		for (const [kind] of kinds) {
			const item = document.createElement('li'), box = document.createElement('i');
			box.className = kind;
			item.append(box, kind);
			list.append(item);
		}
		return list;
	}

	/* Bars on each other: each series is drawn with those below it, the highest first. */
	function chart(id, tableId, label) {
		const box = byId(id), table = byId(tableId);
		if (!box)
			return;
		const rows = [...table.tBodies[0].rows].map(row => [...row.cells].map(cell => cell.textContent));
		let names = rows.map(row => row[0]), numbers = rows.map(row => row.slice(1, 4).map(Number));
		if (id === 'chart-hours') {
			const all = Array.from({length: 24}, (_, hour) => String(hour).padStart(2, '0'));
			numbers = all.map(hour => names.includes(hour) ? numbers[names.indexOf(hour)] : [0, 0, 0]);
			names = all;
		}
		const sums = [2, 1, 0].map(last => numbers.map(n => n.slice(0, last + 1).reduce((a, b) => a + b)));
		const canvas = document.createElement('div');
		canvas.setAttribute('role', 'img');
		canvas.setAttribute('aria-label', label + ', as in the table below');
		const title = document.createElement('p');
		title.textContent = label;
		box.append(title, legend(), canvas);
		const size = () => ({width: Math.max(240, box.clientWidth), height: 220});
		const plot = new uPlot({
			...size(), cursor: {show: false}, legend: {show: false},
			scales: {x: {time: false, range: [-0.6, names.length - 0.4]}, y: {range: (_, low, high) => [0, Math.max(high, 1) * 1.05]}},
			axes: [
				{stroke: '#16202b', grid: {show: false}, incrs: [1, 2, 3, 6, 7, 14, 28, 56, 112], space: id === 'chart-hours' ? 24 : 90,
					values: (_, ticks) => ticks.map(i => names[i] ?? '')},
				{stroke: '#16202b', grid: {stroke: '#dde3e9'}, size: 64, incrs: [1, 2, 5].flatMap(n => Array.from({length: 10}, (_, i) => n * 10 ** i)).sort((a, b) => a - b)},
			],
			series: [{}, ...[2, 1, 0].map(kind => ({
				fill: kinds[kind][1], stroke: '#16202b', width: 1, points: {show: false},
				paths: uPlot.paths.bars({size: [0.8, 60]}),
			}))],
		}, [names.map((_, i) => i), ...sums], canvas);
		new ResizeObserver(() => plot.setSize(size())).observe(box);
	}

	/* ---- Data ------------------------------------------------------------------------------ */

	function decode({width, base64}) {
		const text = atob(base64), bytes = new Uint8Array(text.length);
		for (let i = 0; i < text.length; i++)
			bytes[i] = text.charCodeAt(i);
		const kind = {1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: Float64Array}[width];
		return new kind(bytes.buffer);
	}

	const island = byId('data'), data = JSON.parse(island.textContent);
	const columns = {}, texts = data.texts, n = data.rows;
	/* Where anybody said who was there, it is said where nobody did. */
	if (texts.actor.length > 1)
		texts.actor[0] = 'not stated';
	let zones = [];

	/* Milliseconds since 1970 by the clock on the wall. */
	const wall = i => data.time + columns.time[i] + zones[columns.zone[i]];

	const shown = [
		['Number', i => {
			const first = data.seq + columns.seq[i];
			return columns.span[i] ? `${first}-${first + columns.span[i]}` : String(first);
		}, columnsOf => columnsOf.seq],
		['Time', i => new Date(wall(i)).toISOString().replace('T', ' ').slice(0, 19) + texts.zone[columns.zone[i]],
			columnsOf => columnsOf.time],
		...[['Verdict', 'verdict'], ['Action', 'action'], ['Person', 'person'], ['Statement', 'actor'], ['Program', 'program'], ['What', 'what'],
			['Object', 'object'], ['After protected data', 'phi'], ['Why', 'reason'], ['Rule', 'rule'], ['Policy', 'policy'],
			['Subject', 'subject'], ['Started by', 'chain'], ['File system', 'volume'], ['Type', 'type']]
			.map(([head, name]) => [head, i => texts[name][columns[name][i]], () => ranks(name), name]),
		['Events', i => columns.count[i] + (columns.lasted[i] ? ` in ${columns.lasted[i]} s` : ''), columnsOf => columnsOf.count],
	].filter(([, , , name]) => !name || texts[name].length > 1);

	/* The place of each text in the order of all, for each row. */
	const known = {};
	function ranks(name) {
		if (!known[name]) {
			const order = texts[name].map((text, i) => i).sort((a, b) => texts[name][a] < texts[name][b] ? -1 : 1);
			const rank = new Uint32Array(order.length);
			order.forEach((id, place) => rank[id] = place);
			known[name] = new Uint32Array(n);
			for (let i = 0; i < n; i++)
				known[name][i] = rank[columns[name][i]];
		}
		return known[name];
	}

	/* Which rows there are, in which order. */
	let found = new Uint32Array(0), sorted = -1, direction = 1;

	/* One pass over 16 bits of the keys; what is equal stays as it was. */
	function sortPass(from, to, keys, shift) {
		const places = new Uint32Array(65537);
		for (let i = 0; i < from.length; i++)
			places[(keys[from[i]] >>> shift & 65535) + 1]++;
		for (let i = 1; i < 65537; i++)
			places[i] += places[i - 1];
		for (let i = 0; i < from.length; i++)
			to[places[keys[from[i]] >>> shift & 65535]++] = from[i];
	}

	/* By numbers of up to 53 bits, those that a column has, the lowest bits first. */
	function sort(rows, column) {
		let high = 0;
		for (let i = 0; i < n; i++)
			high = Math.max(high, column[i]);
		const parts = [new Uint32Array(n), new Uint32Array(high > 0xffffffff ? n : 0)];
		for (let i = 0; i < n; i++) {
			const key = direction > 0 ? column[i] : high - column[i];
			parts[0][i] = key % 4294967296;
			if (high > 0xffffffff)
				parts[1][i] = key / 4294967296;
		}
		let from = rows.slice(), to = new Uint32Array(rows.length);
		for (let bits = 0; 2 ** bits <= high; bits += 16) {
			sortPass(from, to, parts[bits >> 5], bits & 31);
			[from, to] = [to, from];
		}
		return from;
	}

	/* ---- Search ---------------------------------------------------------------------------- */

	const choices = ['type', 'verdict', 'person', 'program', 'object', 'phi'];
	const searched = ['type', 'action', 'verdict', 'subject', 'object', 'person', 'actor', 'program', 'chain', 'what', 'volume', 'policy', 'rule', 'reason'];
	const lower = {};

	/* Which rows have @part in one of their texts, or are the number that it is. */
	function matches(part) {
		const hits = new Uint8Array(n);
		for (const name of searched) {
			const column = columns[name];
			lower[name] ??= texts[name].map(text => text.toLowerCase());
			const has = Uint8Array.from(lower[name], text => text.includes(part));
			if (has.includes(1))
				for (let i = 0; i < n; i++)
					hits[i] |= has[column[i]];
		}
		if (/^\d+$/.test(part)) {
			const number = Number(part) - data.seq;
			for (let i = 0; i < n; i++)
				if (number >= columns.seq[i] && number <= columns.seq[i] + columns.span[i])
					hits[i] = 1;
		}
		return hits;
	}

	const time = (id, otherwise) => byId(id).value ? Date.parse(byId(id).value + 'Z') : otherwise;

	function search() {
		const part = byId('f-text').value.trim().toLowerCase(), rows = new Uint32Array(n);
		const keep = part ? matches(part) : new Uint8Array(n).fill(1);
		const from = time('f-from', -Infinity), to = time('f-to', Infinity) + 999;
		for (const name of choices) {
			const column = columns[name], wanted = byId('f-' + name).value;
			if (wanted !== '')
				for (let i = 0, id = Number(wanted); i < n; i++)
					keep[i] &= column[i] === id;
		}
		if (from > -Infinity || to < Infinity)
			for (let i = 0; i < n; i++)
				keep[i] &= wall(i) >= from && wall(i) <= to;
		let count = 0;
		for (let i = 0; i < n; i++)
			if (keep[i])
				rows[count++] = i;
		found = rows.subarray(0, count);
		if (sorted >= 0)
			found = sort(found, shown[sorted][2](columns));
		show(1);
	}

	/* ---- The table ------------------------------------------------------------------------- */

	const body = byId('t-records').tBodies[0];
	let page = 1;

	function put(begin, end) {
		const rows = [];
		for (let at = begin; at < Math.min(end, found.length); at++) {
			const row = document.createElement('tr');
			shown.forEach(([head, text]) => {
				const cell = document.createElement('td');
				cell.textContent = text(found[at]);
				if (head === 'Number' || head === 'Events')
					cell.className = 'n';
				row.append(cell);
			});
			rows.push(row);
		}
		body.replaceChildren(...rows);
	}

	function show(wanted) {
		const pages = Math.max(1, Math.ceil(found.length / rowsAPage));
		page = Math.min(Math.max(1, Math.floor(wanted) || 1), pages);
		put((page - 1) * rowsAPage, page * rowsAPage);
		byId('count').textContent = `${found.length} of ${n} records and gaps`;
		byId('page').value = page;
		byId('page').max = pages;
		byId('pages').textContent = `of ${pages}`;
		byId('first').disabled = byId('previous').disabled = page === 1;
		byId('last').disabled = byId('next').disabled = page === pages;
	}

	function sortBy(column) {
		direction = sorted === column ? -direction : 1;
		sorted = column;
		[...byId('t-records').tHead.rows[0].cells].forEach((cell, i) => {
			if (i === column)
				cell.setAttribute('aria-sort', direction > 0 ? 'ascending' : 'descending');
			else
				cell.removeAttribute('aria-sort');
		});
		found = sort(found, shown[column][2](columns));
		show(1);
	}

	function makeHead() {
		shown.forEach(([head], i) => {
			const cell = document.createElement('th'), button = document.createElement('button');
			cell.scope = 'col';
			if (head === 'Number' || head === 'Events')
				cell.className = 'n';
			button.type = 'button';
			button.textContent = head;
			button.addEventListener('click', () => sortBy(i));
			cell.append(button);
			byId('t-records').tHead.rows[0].append(cell);
		});
	}

	function makeChoices() {
		for (const name of choices) {
			const select = byId('f-' + name);
			select.append(new Option('all', ''));
			texts[name].map((text, id) => [text || (name === 'phi' ? 'no' : 'none'), id])
				.sort(([a], [b]) => a < b ? -1 : 1)
				.forEach(([text, id]) => select.append(new Option(text, id)));
			select.parentNode.hidden = texts[name].length < 2;
		}
	}

	function listen() {
		byId('filter').addEventListener('input', search);
		byId('filter').addEventListener('submit', event => event.preventDefault());
		byId('clear').addEventListener('click', () => {
			byId('filter').reset();
			search();
		});
		byId('first').addEventListener('click', () => show(1));
		byId('previous').addEventListener('click', () => show(page - 1));
		byId('next').addEventListener('click', () => show(page + 1));
		byId('last').addEventListener('click', () => show(Infinity));
		byId('page').addEventListener('change', () => show(byId('page').valueAsNumber));
		addEventListener('beforeprint', () => {
			put(0, rowsOnPaper);
			byId('count').textContent += found.length > rowsOnPaper ? `, of which the first ${rowsOnPaper} are printed` : '';
		});
		addEventListener('afterprint', () => show(page));
	}

	/* What can be read is shown before the data is unpacked. */
	requestAnimationFrame(() => setTimeout(() => {
		for (const [name, column] of Object.entries(data.columns))
			columns[name] = decode(column);
		zones = texts.zone.map(zone => (zone[0] === '-' ? -1 : 1) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3, 5))) * 60000);
		makeHead();
		makeChoices();
		listen();
		byId('filter').hidden = byId('found').hidden = n === 0;
		search();
		chart('chart-hours', 't-hours', 'Accesses by hour of the day');
		chart('chart-days', 't-days', 'Accesses by day');
		document.documentElement.dataset.ready = '';
	}));
})();
