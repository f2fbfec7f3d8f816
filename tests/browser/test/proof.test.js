// A customer keeps a receipt and checks it in their own browser: as it is, and after somebody changed a word in it.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, describe, test } from 'node:test'

import { DESKTOP, PHONE, becomeHousehold, launch, visit } from '../browser.js'
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

    before(async () => {
      ;({ page, complaints, close } = await visit(browser, t, { viewport }))
      await becomeHousehold(page, taken)
    })

    after(() => close?.())

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
      const file = page.getByLabel(t('check-file'))
      const give = (text) => file.setInputFiles({ name: 'receipt.json', mimeType: 'application/json', buffer: Buffer.from(text) })
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
      // A list as the shop's interface answers it: each is checked, until one is not right.
      const changed = receipt.replaceAll(`"${purpose}"`, '"personalised-advertising"')
      await give(`{"customer": "c", "receipts": [${receipt}, ${receipt}]}`)
      await page.getByText(t('check-holds')).waitFor()
      assert.equal(await said.locator('dl').count(), 2)
      await give(`{"customer": "c", "receipts": [${receipt}, ${changed}]}`)
      await page.getByText(t('check-refused')).waitFor()
      assert.match(await page.locator('[data-which]').textContent(), /2\D+2/)
      await give('{')
      await page.getByText(t('check-refused')).waitFor()
      assert.deepEqual((await states(page)).slice(0, 2), ['bad', 'waits'])
    })

    test('was never blocked or broken', () => assert.deepEqual(complaints, []))
  })
}
