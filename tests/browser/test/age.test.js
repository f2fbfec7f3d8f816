// Sixteen or older is asked once, with the first permission: a child permits nothing, a no holds for the visit, and no question comes twice.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { DESKTOP, PHONE, launch, visit } from '../browser.js'
import { words } from '../words.js'

let browser

before(async () => {
  browser = await launch()
})

after(() => browser?.close())

for (const { language, viewport, javaScriptEnabled } of [
  { language: 'nl', viewport: PHONE, javaScriptEnabled: true },
  { language: 'en', viewport: DESKTOP, javaScriptEnabled: false },
]) {
  const t = words(language)

  describe(`somebody whom nobody knows (${language}, ${viewport.width} px)`, () => {
    let page
    let complaints
    let close

    before(async () => {
      ;({ page, complaints, close } = await visit(browser, t, { viewport, javaScriptEnabled }))
    })

    after(() => close?.())

    const question = () => page.getByRole('group', { name: t.like('age-title') })
    const allow = async (answer) => {
      await page.goto('/winkel/persoonlijk')
      await page.getByRole('radio', { name: t.starts('period-visit') }).check()
      if (answer) await question().getByRole('radio', { name: t(answer), exact: true }).check()
      await page.getByRole('button', { name: t('allow'), exact: true }).click()
    }

    test('is asked, and nothing is saved without an answer', async () => {
      await allow(undefined)
      await page.getByRole('alert').getByRole('link', { name: t('age-answer'), exact: true }).waitFor()
      await page.goto('/winkel')
      await page.getByRole('link', { name: t('personal-off') }).waitFor()
    })

    test('is told who chooses for a child, and nothing is on', async () => {
      await allow('age-no')
      await page.getByRole('status').filter({ hasText: t.like('age-guardian') }).waitFor()
      await page.getByRole('link', { name: t('personal-off') }).waitFor()
    })

    test('cannot say otherwise in the same visit', async () => {
      await page.goto('/winkel/persoonlijk')
      await page.getByRole('main').filter({ hasText: t.like('age-guardian') }).waitFor()
      assert.equal(await page.getByRole('radio').count(), 0)
    })

    test('says yes in another visit, and is not asked again', async () => {
      await page.context().clearCookies({ name: 'regie_session' })
      await allow('age-yes')
      await page.getByRole('switch', { name: t.like('personal-on') }).waitFor()
      await page.goto('/winkel/persoonlijk')
      await page.getByRole('radio', { name: t.starts('period-visit') }).waitFor()
      assert.equal(await question().count(), 0)
    })

    test('met no error on the way', () => {
      // What is refused for want of an answer is a 422, and the browser notes that.
      assert.deepEqual(complaints.filter((complaint) => !complaint.includes('422')), [])
    })
  })
}
