// SPDX-License-Identifier: BSD-2-Clause
//
// page.js REPORT: milliseconds that Chromium takes for it.
'use strict';

const {pathToFileURL} = require('node:url');
const {chromium} = require('playwright-core');

(async () => {
	const browser = await chromium.launch({executablePath: '/usr/bin/chromium', args: ['--no-sandbox']});
	const page = await browser.newPage({viewport: {width: 1280, height: 900}});
	await page.goto(pathToFileURL(process.argv[2]).href);
	await page.waitForSelector('html[data-ready]', {state: 'attached', timeout: 60000});
	const times = await page.evaluate(() => {
		const list = [['first paint', performance.getEntriesByName('first-contentful-paint')[0].startTime], ['all there', performance.now()]];
		const timed = (name, work) => {
			const begin = performance.now();
			work();
			document.body.offsetHeight;
			list.push([name, performance.now() - begin]);
		};
		const search = document.getElementById('f-text'), verdict = document.getElementById('f-verdict');
		const put = (field, value) => {
			field.value = value;
			field.dispatchEvent(new Event('input', {bubbles: true}));
		};
		for (const part of ['im0099', 'viewer', '4711', 'study-00300', ''])
			for (const time of ['first', 'again'])
				timed(`search for ${JSON.stringify(part)}, ${time}`, () => put(search, part));
		timed('one verdict', () => put(verdict, verdict.options[1].value));
		put(verdict, '');
		for (const button of document.querySelectorAll('#t-records th button'))
			for (const time of ['first', 'again'])
				timed(`sort by ${button.textContent}, ${time}`, () => button.click());
		return list;
	});
	for (const [name, time] of times)
		console.log(`${name.padEnd(34)} ${time.toFixed(0).padStart(6)} ms`);
	await browser.close();
})();
