// A customer keeps a receipt and checks it in their own browser: as it is, and after somebody changed a word in it.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, describe, test } from 'node:test'

import { DESKTOP, PHONE, ask, becomeHousehold, launch, visit } from '../browser.js'
import { words } from '../words.js'

const STEPS = ['readable', 'key', 'signature', 'commitment', 'checkpoint', 'inclusion', 'agreement']

const taken = new Set()
let browser

before(async () => {
  browser = await launch()
})

after(() => browser?.close())

/** What each step came to. */
const states = (page) => page.locator('[data-step]').evaluateAll((steps) => steps.map((step) => step.dataset.state))

for (const [language, viewport] of [['nl', PHONE], ['en', DESKTOP]]) {
  const t = words(language)

  describe(`proof (${language}, ${viewport.width} px)`, () => {
    let page
    let complaints
    let close
    let receipt
    let number

    before(async () => {
      ;({ page, complaints, close } = await visit(browser, t, { viewport }))
      number = await becomeHousehold(page, taken)
    })

    after(() => close?.())

    const give = (text) => {
      const file = { name: 'receipt.json', mimeType: 'application/json', buffer: Buffer.from(text) }
      return page.getByLabel(t('check-file')).setInputFiles(file)
    }

    test('finds a receipt for what was chosen, and checks it', async () => {
      await page.goto('/mijn/toestemming/recommendations')
      await page.getByRole('radio', { name: t.starts('period-week') }).check()
      await page.getByRole('button', { name: t('allow'), exact: true }).click()
      await page.waitForURL('**/mijn')
      await page.getByRole('link', { name: t.starts('proof-title') }).click()
      await page.getByRole('heading', { level: 1, name: t('proof-title') }).waitFor()
      await page.getByRole('link', { name: t.starts('proof-check') }).first().click()
      await page.getByText(t('check-holds')).waitFor()
      assert.deepEqual(await states(page), STEPS.map(() => 'ok'))
      const open = await page.locator('details[open]').count()
      assert.equal(open, 0, 'technical details are folded away')
    })

    test('keeps it as a file', async () => {
      const waits = page.waitForEvent('download')
      await page.getByRole('link', { name: t('proof-save'), exact: true }).click()
      receipt = await readFile(await (await waits).path(), 'utf8')
      assert.equal(JSON.parse(receipt)['@type'], 'dpv:ConsentReceipt')
    })

    test('checks the file, and sees where one was changed', async () => {
      await page.goto('/mijn/controle')
      await give(receipt)
      await page.getByText(t('check-holds')).waitFor()
      // It says what it proves, and about whom, from what was verified.
      const { customer } = JSON.parse(receipt)['regie:ledger'].core
      const said = page.locator('[data-says]')
      for (const text of [t('proof-given'), customer]) await said.getByText(text, { exact: true }).waitFor()
      assert.equal(await said.getByText(t('check-another')).isVisible(), false, 'it is their own')
      const purpose = JSON.parse(receipt)['regie:ledger'].core.purpose
      await give(receipt.replaceAll(`"${purpose}"`, '"personalised-advertising"'))
      await page.getByText(t('check-refused')).waitFor()
      assert.deepEqual((await states(page)).slice(0, 4), ['ok', 'ok', 'bad', 'waits'])
      assert.equal(await said.isVisible(), false, 'what does not hold proves nothing')
      await give('{')
      await page.getByText(t('check-refused')).waitFor()
      assert.deepEqual((await states(page)).slice(0, 2), ['bad', 'waits'])
    })

    test('refuses what is not written as it was signed', async () => {
      const { index } = JSON.parse(receipt)['regie:ledger']
      const spelt = (number) => receipt.replace(new RegExp(`("index":\\s*)${index}`), `$1${number}`)
      const whole = ['ok', 'ok', 'bad', 'waits']
      const unread = ['bad', 'waits', 'waits', 'waits']
      for (const [text, steps] of [
        [receipt.replace('{', '{"__proto__": {"dct:title": "x"},'), whole],
        [receipt.replace('"regie:signature": {', '"regie:signature": {"__proto__": 1,'), whole],
        [spelt(`${index}.0`), unread],
        [spelt(`${index / 1000}e3`), unread],
        [spelt(`${index}`) + ' '.repeat(131072), unread],
        [`\ufeff${receipt}`, unread],
      ]) {
        await give(receipt)
        await page.getByText(t('check-holds')).waitFor()
        await give(text)
        await page.getByText(t('check-refused')).waitFor()
        assert.deepEqual((await states(page)).slice(0, 4), steps, text.slice(0, 60))
      }
    })

    test('says whom something was passed on to, and checks a list as the program does', async () => {
      const passedOn = { customer: `user:${number}`, recipient: 'carrier', purpose: 'delivery', categories: ['contact'] }
      const { status } = await ask('/v1/disclosures', { method: 'POST', body: JSON.stringify(passedOn) })
      assert.equal(status, 201)
      const { customer } = JSON.parse(receipt)['regie:ledger'].core
      const { body } = await ask(`/v1/customers/${customer}/receipts`)
      const [first, second] = body.receipts.map((one) => JSON.stringify(one, null, 2))
      const list = (...receipts) => `{"customer": "c", "receipts": [${receipts.join(', ')}]}`
      const said = page.locator('[data-says]')
      await give(list(first, second))
      await page.getByText(t('check-holds')).waitFor()
      assert.equal(await said.locator('dl').count(), 2)
      // By name, not by what systems call it; and dates as on every other page.
      const name = { nl: 'de bezorger', en: 'the carrier' }[language]
      assert.match(await said.locator('[data-say="choice"]').first().textContent(), new RegExp(` ${name}$`))
      assert.match(await said.textContent(), /\p{L}+ \d{1,2} \p{L}+ \d{4}, \d/u)
      for (const [text, why] of [
        [list(first, second, second), 'check-repeated'],
        [list(second, first), 'check-reordered'],
        [list(first, second.replace(/("index": \d+)/, '$1.0')), 'check-refused'],
        [`[${first}, ${first}]`, 'check-repeated'],
      ]) {
        await give(text)
        await page.getByText(t(why)).waitFor()
        assert.equal(await said.isVisible(), false, why)
      }
      const changed = second.replaceAll('"dct:created"', '"dct:modified"')
      await give(list(first, changed))
      await page.getByText(t('check-refused')).waitFor()
      assert.match(await page.locator('[data-which]').textContent(), /2\D+2/)
    })

    test('was never blocked or broken', () => assert.deepEqual(complaints, []))
  })
}
