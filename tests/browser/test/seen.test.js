// What happened with my data: the timeline, page by page, and the picture of where they go, also without JavaScript.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { DESKTOP, becomeHousehold, launch, visit } from '../browser.js'
import { words } from '../words.js'

const t = words('nl')
const taken = new Set()
let browser

before(async () => {
  browser = await launch()
})

after(() => browser?.close())

const lines = (page) => page.locator('.told-day li')

for (const javaScriptEnabled of [true, false]) {
  test(`the timeline shows the newest and then the rest (${javaScriptEnabled ? 'with' : 'without'} JavaScript)`, async () => {
    const { page, complaints, close } = await visit(browser, t, { viewport: DESKTOP, javaScriptEnabled })
    await becomeHousehold(page, taken)
    await page.goto('/mijn/tijdlijn')
    const first = await lines(page).count()
    // Fifty rows at most; days that say the same are told as one.
    assert.ok(first > 0 && first <= 50, `${first} lines`)
    const newest = await lines(page).first().innerText()
    await page.getByRole('link', { name: t('timeline-more'), exact: true }).click()
    if (javaScriptEnabled) {
      await page.waitForFunction((before) => document.querySelectorAll('.told-day li').length > before, first)
      assert.equal(await lines(page).first().innerText(), newest, 'what was there stays')
      assert.ok(page.url().endsWith('/mijn/tijdlijn'))
    } else {
      await page.waitForURL('**/mijn/tijdlijn?before=*')
      assert.ok((await lines(page).count()) > 0)
    }
    await page.goto('/mijn/tijdlijn?kind=choices')
    assert.equal(await page.getByRole('navigation', { name: t('timeline-filter') }).locator('[aria-current]').count(), 1)
    assert.deepEqual(complaints, [])
    await close()
  })
}

test('a line of the picture leads to its sentence, and the table says the same', async () => {
  const { page, complaints, close } = await visit(browser, t, { viewport: DESKTOP })
  await becomeHousehold(page, taken)
  await page.goto('/mijn/waarheen')
  const ribbon = page.locator('.ribbons a').first()
  const target = await ribbon.getAttribute('href')
  await ribbon.focus()
  await page.keyboard.press('Enter')
  await page.waitForURL(`**/mijn/waarheen${target}`)
  const sentence = await page.locator(`${target} .say`).innerText()
  assert.equal(sentence, await ribbon.getAttribute('aria-label'))
  await page.getByText(t('flow-table'), { exact: true }).click()
  const rows = page.getByRole('table').getByRole('row')
  assert.equal(await rows.count(), (await page.locator('.way').count()) + 1)
  assert.deepEqual(complaints, [])
  await close()
})
