// SPDX-License-Identifier: BSD-2-Clause
//
// browser.js REPORT PUBLIC LINES QUESTIONS DIR: looks at both pages in Chromium, and compares the first with the lines of the log
// that it is about. Speaks TAP; screenshots and what is printed are left in DIR.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const {pathToFileURL} = require('node:url');
const {execFileSync} = require('node:child_process');
const {chromium} = require('playwright-core');
const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const [report, forPublic, lines, questions, dir] = process.argv.slice(2).map(file => path.resolve(file));
const records = fs.readFileSync(lines, 'utf8').trim().split('\n').map(line => JSON.parse(line));

let number = 0, failed = false;
function check(name, found) {
	const wrong = Array.isArray(found) ? found.join('\n') : found;
	failed ||= Boolean(wrong);
	console.log(`${wrong ? 'not ok' : 'ok'} ${++number} - ${name}`);
	if (wrong)
		console.log(String(wrong).split('\n').slice(0, 8).map(line => '# ' + line.slice(0, 300)).join('\n'));
}
const same = (name, found, expected) => check(name, JSON.stringify(found) === JSON.stringify(expected) ? '' :
	`is ${JSON.stringify(found)}\nnot ${JSON.stringify(expected)}`);

/* ---- What the log says, counted without phiward --------------------------------------------- */

const isGap = r => r.type === 'gap';
const passed = r => r.reason === 'it would be refused, but break-glass is open for it';
const verdict = r => r.verdict === 'deny' && !r.enforced ? 'would' : r.verdict ?? '';
const isAccess = r => r.type === 'file' && r.object !== null;
const sum = (list, wanted) => list.filter(wanted).reduce((total, r) => total + r.count, 0);
const person = r => r.uid === null ? '' : r.auid === null ? `user ${r.uid}, no login` :
	r.auid === r.uid ? `user ${r.auid}` : `user ${r.auid}, as user ${r.uid}`;
const actor = r => r.actor === null ? '' : `${r.actor}, as ${r.actor_by} stated`;
// The log is of a winter in Central Europe.
const localTime = r => new Date(Date.parse(r.time) + 3600000).toISOString().replace('T', ' ').slice(0, 19) + '+0100';
const numbers = r => r.first === null ? String(r.seq) : r.first === r.last ? String(r.first) : `${r.first}-${r.last}`;
const peer = r => `${r.proto} ${r.addr.includes(':') ? `[${r.addr}]` : r.addr}:${r.port}${r.peer ? ` (${r.peer})` : ''}`;
const isFolded = r => r.type === 'file' && r.action === 'read' && r.verdict === 'allow' && r.path === null;
const what = r => isFolded(r) ? 'various files' : r.addr ? peer(r) : r.path ?? r.peer ?? '';
const program = r => r.exe ?? r.comm ?? '';

function countBy(key) {
	const counts = {};
	for (const r of records.filter(isAccess)) {
		const row = counts[key(r)] ??= [0, 0, 0];
		row[verdict(r) !== 'allow' ? 2 : r.action === 'read' ? 0 : 1] += r.count;
	}
	return counts;
}

/* ---- What the page says --------------------------------------------------------------------- */

const tableOf = (page, id) => page.$$eval(`#${id} tbody tr`, rows => rows.map(row => [...row.cells].map(cell => cell.textContent)));
const shownRows = async page => {
	const heads = await page.$$eval('#t-records th', cells => cells.map(cell => cell.textContent));
	return (await tableOf(page, 't-records')).map(row => Object.fromEntries(row.map((text, i) => [heads[i], text])));
};
const fill = async (page, values) => {
	await page.click('#clear');
	for (const [label, value] of Object.entries(values)) {
		const field = page.locator('form').getByLabel(label, {exact: true});
		if (await field.evaluate(element => element.tagName) === 'SELECT')
			await field.selectOption({label: value});
		else
			await field.fill(value.replace(/(T\d\d:\d\d):00$/, '$1'));
	}
};
const counted = async page => Number((await page.textContent('#count')).split(' ')[0]);

async function open(browser, file, options = {}) {
	const context = await browser.newContext({viewport: {width: 1280, height: 900}, ...options});
	const page = await context.newPage(), trouble = [];
	page.on('console', message => trouble.push(`console: ${message.text()}`));
	page.on('pageerror', error => trouble.push(`error: ${error.message}`));
	page.on('dialog', dialog => { trouble.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
	page.on('request', request => { if (request.url() !== pathToFileURL(file).href) trouble.push(`request: ${request.url()}`); });
	await page.goto(pathToFileURL(file).href);
	if (options.javaScriptEnabled !== false)
		await page.waitForSelector('html[data-ready]', {state: 'attached'});
	return {page, trouble};
}

async function findings(page) {
	await page.evaluate(axe);
	const result = await page.evaluate(() => window.axe.run(document, {resultTypes: ['violations', 'incomplete']}));
	return [...result.violations, ...result.incomplete.filter(one => one.id !== 'color-contrast')]
		.map(one => `${one.id}: ${one.help}: ${one.nodes.map(node => node.html).join(' ')}`);
}

/* ---- Tests ---------------------------------------------------------------------------------- */

async function checkNumbers(page) {
	const expected = {
		records: records.filter(r => !isGap(r)).length, events: sum(records, r => !isGap(r)), accesses: sum(records, isAccess),
		refused: sum(records, r => verdict(r) === 'deny'), permitted: sum(records, r => verdict(r) === 'would' && !passed(r)), passed: sum(records, passed),
		disclosures: sum(records, r => r.type === 'net' && r.phi && (r.verdict === 'allow' || passed(r))),
		tampering: sum(records, r => r.type === 'tamper'), breakglass: sum(records, r => r.type === 'breakglass'),
		lost: sum(records, isGap), gaps: records.filter(isGap).length,
	};
	for (const [id, value] of Object.entries(expected))
		same(`the number of ${id}`, Number(await page.textContent(`#n-${id}`)), value);
	const tables = {persons: r => person(r), programs: program, objects: r => r.object, hours: r => localTime(r).slice(11, 13), days: r => localTime(r).slice(0, 10)};
	for (const [id, key] of Object.entries(tables)) {
		const rows = await tableOf(page, `t-${id}`), at = id === 'programs' ? 2 : 1;
		same(`the numbers by ${id}`, rows.map(row => [row[0], ...row.slice(at, at + 3)].join()).sort(),
			Object.entries(countBy(key)).map(row => row.flat().join()).sort());
	}
}

async function checkSessions(page) {
	const rows = await tableOf(page, 't-sessions');
	same('sessions of break-glass', rows.map(row => [row[0], ...row.slice(2)]), [
		['1', 'breakglass by uid 1000, auid 1000, pid 4711, for subject viewer, until 2026-11-27T06:55:00Z: <b>no worklist</b>', '3', 'expired',
			'waits for its review'],
		['2', 'service by uid 1001, auid 1001, pid 4712, for object images, until 2026-11-27T07:00:00Z, ticket T-1: calibration', '0',
			'ended by uid 1001', 'reviewed by uid 1000, auid 1000: as agreed'],
	]);
	same('what waits for its review is said', (await page.textContent('#waiting')).startsWith('1 session of break-glass waits for a review.'), true);
}

async function checkRecords(page) {
	const rows = await shownRows(page);
	same('all records are shown, in their order', rows.map(row => row.Number), records.map(numbers));
	const columns = {Time: localTime, Verdict: verdict, Action: r => r.action ?? '', Person: person, Statement: r => actor(r) || 'not stated', Program: program,
		What: what, Object: r => r.object ?? '', Why: r => r.reason, Rule: r => r.rule ?? '', 'File system': r => r.volume ?? '',
		'After protected data': r => r.phi ? 'yes' : '', Subject: r => r.subject ?? '', Type: r => r.type, Events: r => String(r.count)};
	for (const [head, text] of Object.entries(columns))
		same(`${head} is what the log says`, rows.map(row => row[head]), records.map(text));
}

async function checkFilters(page) {
	const choices = {Type: r => r.type, Verdict: r => verdict(r) || 'none', Person: r => person(r) || 'none', Program: r => program(r) || 'none',
		Object: r => r.object ?? 'none', 'After protected data': r => r.phi ? 'yes' : 'no'};
	const wrong = [];
	for (const [label, key] of Object.entries(choices))
		for (const value of new Set(records.map(key))) {
			await fill(page, {[label]: value});
			if (await counted(page) !== records.filter(r => key(r) === value).length)
				wrong.push(`${label} ${value}: ${await counted(page)}`);
		}
	check('each choice finds its records', wrong);
	for (const part of ['meier', 'MEIER', '</script>', '\\x0a', '"', 'no such', 'ben@', '203.0.113', 'sdb1', '12 running'])
		await fill(page, {Search: part}).then(async () => {
			const texts = r => [r.type, r.action, verdict(r), r.subject, r.object, person(r), actor(r), program(r), what(r), r.volume, r.rule, r.reason].join('\n').toLowerCase();
			same(`the search for ${JSON.stringify(part)}`, await counted(page), records.filter(r => texts(r).includes(part.toLowerCase())).length);
		});
	await fill(page, {Search: '27'});
	check('a number inside a gap finds the gap', (await shownRows(page)).some(row => row.Number === '24-30') ? '' : 'it does not');
	await fill(page, {From: '2026-11-24T09:10:00', To: '2026-11-24T14:30:00'});
	same('a time finds its records, both ends included', await counted(page),
		records.filter(r => localTime(r) >= '2026-11-24 09:10:00' && localTime(r) < '2026-11-24 14:30:01').length);
	await fill(page, {Verdict: 'deny', Search: 'meier'});
	same('two filters together', await counted(page), records.filter(r => verdict(r) === 'deny' && what(r).includes('meier')).length);
	await fill(page, {});
	same('without a filter there are all again', await counted(page), records.length);
}

async function checkSorting(page) {
	const heads = await page.$$eval('#t-records th', cells => cells.map(cell => cell.textContent)), wrong = [];
	const ordered = (texts, sign, numeric) => texts.every((text, i) => !i || (numeric ? sign * (parseInt(texts[i - 1]) - parseInt(text)) <= 0 :
		sign > 0 ? texts[i - 1] <= text : texts[i - 1] >= text));
	for (const head of heads)
		for (const [sign, name] of [[1, 'ascending'], [-1, 'descending']]) {
			const button = page.locator('#t-records th button', {hasText: new RegExp(`^${head}$`)});
			await button.focus();
			await page.keyboard.press('Enter');
			const texts = (await shownRows(page)).map(row => row[head]);
			if (texts.length !== records.length || !ordered(texts, sign, ['Number', 'Events'].includes(head)))
				wrong.push(`${head} ${name}: ${texts.join(' ')}`);
			if (await page.locator('#t-records th[aria-sort]').count() !== 1 ||
			    await page.getAttribute('#t-records th[aria-sort]', 'aria-sort') !== name)
				wrong.push(`${head}: aria-sort is not ${name}`);
		}
	check('each column sorts both ways, by the keyboard', wrong);
}

async function checkQuestions(page) {
	const text = fs.readFileSync(questions, 'utf8');
	for (const [, title, block] of text.matchAll(/^## (\d+\. .*)\n[^]*?```\n([^]*?)```/gm)) {
		const wrong = [];
		for (const line of block.trim().split('\n')) {
			const [, word, rest] = line.match(/^(\w+) (.*)$/), parts = rest.replace(/^[^:]*: /, '').split(' | ');
			if (word === 'search')
				await fill(page, Object.fromEntries(rest.split('; ').map(pair => pair.split('='))));
			else if (word === 'count' && await counted(page) !== Number(rest))
				wrong.push(`${line}: ${await counted(page)}`);
			else if (word === 'row' && !(await tableOf(page, 't-records')).some(row => rest.split(' | ').every(part => row.join('\n').includes(part))))
				wrong.push(line);
			else if (word === 'table') {
				const rows = await page.locator('table', {has: page.locator('caption', {hasText: new RegExp(`^${rest.split(': ')[0]}$`)})}).locator('tbody tr')
					.evaluateAll(list => list.map(row => [...row.cells].map(cell => cell.textContent)));
				if (!rows.some(row => parts.every(part => row.includes(part) || row.some(cell => part.length > 3 && cell.includes(part)))))
					wrong.push(line);
			} else if (word === 'says') {
				const heading = rest.split(': ')[0], section = page.locator('section', {has: page.locator('h2', {hasText: heading})});
				if (!(await section.innerText()).replace(/\s+/g, ' ').includes(rest.slice(heading.length + 2)))
					wrong.push(line);
			}
		}
		check(`question ${title}`, wrong);
	}
	same('there are fifteen questions', [...text.matchAll(/^## \d+\./gm)].length, 15);
	await fill(page, {});
}

async function checkHostile(page) {
	same('names make no element and no script', await page.evaluate(() =>
		[document.scripts.length, document.images.length, document.querySelectorAll('td b, td i, td td').length, document.title]), [2, 0, 0, 'phiward report']);
}

async function checkPaper(page) {
	const file = path.join(dir, 'report.pdf');
	await page.pdf({path: file, preferCSSPageSize: true});
	const pages = execFileSync('pdftotext', ['-layout', file, '-'], {encoding: 'utf8'}).split('\f').slice(0, -1);
	const foot = (await page.textContent('#foot')).trim();
	check('each printed page has records and checkpoint at its foot, and its number',
		pages.flatMap((text, i) => text.includes(foot) && text.includes(`${i + 1} of ${pages.length}`) ? [] : [`page ${i + 1}: ${text.slice(-200)}`]));
	check('what is printed has all records', records.every(r => pages.join('').includes(numbers(r))) ? '' : 'some are not there');
	const luminance = colour => colour.match(/\d+/g).slice(0, 3).reduce((total, part, i) => total + part / 255 * [0.2126, 0.7152, 0.0722][i], 0);
	const fills = await page.$$eval('.chart:first-of-type .legend i', list => list.map(box => getComputedStyle(box).backgroundColor));
	const greys = fills.map(luminance).sort();
	check('the bars differ in grey too', greys.length === 3 && greys.every((grey, i) => !i || grey - greys[i - 1] > 0.2) ? '' : fills.join());
	execFileSync('pdftoppm', ['-r', '60', '-gray', '-png', file, path.join(dir, 'paper')]);
}

async function checkWithout(browser) {
	const {page} = await open(browser, report, {javaScriptEnabled: false});
	same('without JavaScript the numbers can be read', (await tableOf(page, 't-persons')).length, Object.keys(countBy(person)).length);
	check('and the page says what needs it', (await page.innerText('#all')).includes('needs JavaScript') ? '' : 'it does not');
	await page.context().close();
}

async function checkPublic(browser) {
	const text = fs.readFileSync(forPublic, 'utf8'), secret = ['/srv', 'meier', 'mueller', 'anna@', 'ben@', 'carla', 'user 1', 'user 9', '/media', '/usr/bin/', 'by user'];
	check('for the public: no path and no person, in all of the file', secret.filter(part => text.includes(part)));
	const {page, trouble} = await open(browser, forPublic);
	same('for the public: the same numbers', Number(await page.textContent('#n-accesses')), sum(records, isAccess));
	same('for the public: no table of persons', await page.locator('#t-persons, #t-actors').count(), 0);
	check('for the public: no finding', await findings(page));
	check('for the public: no error, no request', trouble);
	await page.context().close();
}

(async () => {
	const browser = await chromium.launch({executablePath: '/usr/bin/chromium', args: ['--no-sandbox']});
	const {page, trouble} = await open(browser, report);
	await page.screenshot({path: path.join(dir, 'wide.png'), fullPage: true});
	await checkNumbers(page);
	await checkSessions(page);
	await checkRecords(page);
	await checkFilters(page);
	await checkQuestions(page);
	await checkSorting(page);
	await checkHostile(page);
	await checkPaper(page);
	same('both charts are drawn', await page.locator('.chart canvas').count(), 2);
	check('no finding of the accessibility checker', await findings(page));
	await page.setViewportSize({width: 320, height: 640});
	// The charts are drawn anew for the width when the browser comes to it.
	await page.waitForFunction(() => document.documentElement.scrollWidth <= 320, null, {timeout: 5000}).catch(() => {});
	same('320 pixels are enough', await page.evaluate(() => document.documentElement.scrollWidth), 320);
	check('and have no finding either', await findings(page));
	await page.screenshot({path: path.join(dir, 'narrow.png'), fullPage: true});
	check('no error, no message, no request', trouble);
	await checkWithout(browser);
	await checkPublic(browser);
	await browser.close();
	console.log(`1..${number}`);
	process.exit(failed ? 1 : 0);
})().catch(error => {
	console.log(`not ok ${number + 1} - the browser: ${String(error.stack).split('\n').join('\n# ')}`);
	process.exit(1);
});
