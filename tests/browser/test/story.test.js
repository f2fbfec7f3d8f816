// One customer's story in the demo: find a product, see a tip and its reason, allow it for a day, stop it, be forgotten.
// Told with and without JavaScript, on a telephone and on a desk, in both languages.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { DESKTOP, PHONE, becomeHousehold, launch, lookup, row, visit, withoutTips } from '../browser.js'
import { words } from '../words.js'

const TELLINGS = [
  { language: 'nl', viewport: DESKTOP, javaScriptEnabled: true },
  { language: 'en', viewport: PHONE, javaScriptEnabled: true },
  { language: 'nl', viewport: PHONE, javaScriptEnabled: false },
  { language: 'en', viewport: DESKTOP, javaScriptEnabled: false },
]

const taken = new Set()
let browser

before(async () => {
  browser = await launch()
})

after(() => browser?.close())

for (const { language, viewport, javaScriptEnabled } of TELLINGS) {
  const t = words(language)
  const how = `${language}, ${viewport.width} px, ${javaScriptEnabled ? 'with' : 'without'} JavaScript`

  describe(`a customer in control (${how})`, () => {
    let page
    let complaints
    let close
    let number

    before(async () => {
      ;({ page, complaints, close } = await visit(browser, t, { viewport, javaScriptEnabled }))
      number = await becomeHousehold(page, taken)
      await withoutTips(page, t)
    })

    after(() => close?.())

    test('finds a product and puts it into the basket', async () => {
      await page.getByRole('searchbox', { name: t('shop-search') }).fill('milk')
      await page.getByRole('button', { name: t('shop-search-go'), exact: true }).click()
      await page.getByRole('main').getByRole('listitem').first().getByRole('link').first().click()
      const name = await page.getByRole('heading', { level: 1 }).innerText()
      assert.match(name, /milk/i)
      await page.getByRole('main').getByRole('button', { name: t('add-to-basket'), exact: true }).click()
      await page.getByRole('status').filter({ hasText: t.like('basket-added') }).waitFor()
      await page.goto('/winkel/mandje')
      await page.getByRole('heading', { name }).waitFor()
    })

    test('sees what everybody sees, as long as nothing is allowed', async () => {
      await page.goto('/winkel')
      await row(page, t('row-popular')).waitFor()
      assert.equal(await row(page, t('row-for-you')).count(), 0)
    })

    test('allows tips for one day, and nothing is chosen in advance', async () => {
      await page.getByRole('link', { name: t('personal-off') }).click()
      const yes = page.getByRole('button', { name: t('allow'), exact: true })
      await yes.waitFor()
      assert.equal(await page.getByRole('radio', { checked: true }).count(), 0, 'nothing is preselected')
      const no = await page.getByRole('button', { name: t('do-not-allow'), exact: true }).boundingBox()
      const size = await yes.boundingBox()
      assert.ok(Math.abs(size.width - no.width) <= 1 && Math.abs(size.height - no.height) <= 1, 'yes and no are of one size')
      assert.ok(size.height >= 44, 'a thumb can hit it')

      await page.getByRole('radio', { name: t.starts('period-day') }).check()
      if (javaScriptEnabled) await page.getByRole('status').filter({ hasText: t.like('result-moment') }).waitFor()
      await yes.click()
      await page.getByRole('switch', { name: t.like('personal-on') }).waitFor()
    })

    test('sees tips of their own, each with its reason', async () => {
      await page.goto('/winkel')
      const tips = row(page, t('row-for-you')).getByRole('listitem')
      await tips.first().waitFor()
      for (const tip of await tips.all()) {
        await tip.getByRole('link', { name: t.starts('why-link') }).waitFor()
      }
      await tips.first().getByRole('link', { name: t.starts('why-link') }).click()
      await page.getByRole('heading', { name: t('why-title'), exact: true }).waitFor()
      const says = ['why-often', 'why-bought', 'why-viewed', 'why-visit', 'why-again', 'why-before', 'why-new'].map((key) => t.like(key).source)
      await page.getByText(new RegExp(says.join('|'))).first().waitFor()
    })

    test('stops it where it says why, and the very next page has no tips', async () => {
      await page.getByRole('button', { name: t('stop'), exact: true }).click()
      await page.getByRole('status').filter({ hasText: t.like('stopped') }).waitFor()
      await page.goto('/winkel')
      await row(page, t('row-popular')).waitFor()
      assert.equal(await row(page, t('row-for-you')).count(), 0)
      await page.getByRole('link', { name: t('personal-off') }).waitFor()
    })

    test('gives and stops in My data as easily', async () => {
      await page.getByRole('complementary', { name: t('personal-label') }).getByRole('button', { name: t('portal-name') }).click()
      await page.waitForURL('**/mijn')
      await page.goto('/mijn/toestemming/recommendations')
      await page.getByRole('radio', { name: t.starts('period-week') }).check()
      await page.getByRole('button', { name: t('allow'), exact: true }).click()
      await page.getByRole('status').filter({ hasText: t.like('given-told') }).waitFor()
      const card = page.getByRole('article').filter({ has: page.getByRole('button', { name: t('stop'), exact: true }) })
      const before = await card.count()
      assert.ok(before >= 1)
      await page.locator('form[action="/mijn/stop/recommendations"]').getByRole('button').click()
      await page.getByRole('status').filter({ hasText: t.like('stopped') }).waitFor()
      assert.equal(await card.count(), before - 1)
    })

    test('is refused a choice without a length, and nothing is saved', async () => {
      await page.goto('/mijn/toestemming/recommendations')
      await page.getByRole('button', { name: t('allow'), exact: true }).click()
      await page.getByRole('alert').filter({ hasText: t('ask-missing') }).waitFor()
      await page.goto('/winkel')
      await page.getByRole('link', { name: t('personal-off') }).waitFor()
    })

    test('takes everything along', async () => {
      await page.goto('/mijn')
      const [file] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('link', { name: t.starts('download') }).click(),
      ])
      const chunks = []
      for await (const chunk of await file.createReadStream()) chunks.push(chunk)
      const everything = JSON.parse(Buffer.concat(chunks).toString())
      assert.ok(everything.events.length > 0)
      assert.ok(everything.choices.some(({ purpose, choice }) => purpose === 'recommendations' && choice === 'withdrawn'))
    })

    test('is forgotten', async () => {
      assert.equal((await lookup(number)).status, 200)
      await page.goto('/mijn')
      await page.getByRole('link', { name: t.starts('erase') }).click()
      await page.getByRole('heading', { name: t('erase-goes'), exact: true }).waitFor()
      await page.getByRole('heading', { name: t('erase-stays'), exact: true }).waitFor()
      await page.getByRole('button', { name: t('erase-yes'), exact: true }).click()
      await page.getByRole('heading', { name: t('erased-title'), exact: true }).waitFor()

      assert.equal((await lookup(number)).status, 404, 'nobody is known by that number any more')
      await page.goto('/winkel')
      await row(page, t('row-popular')).waitFor()
      assert.equal(await row(page, t('row-for-you')).count(), 0)
      await page.goto('/mijn')
      await page.getByText(t('home-have-nothing'), { exact: true }).waitFor()
      await page.getByText(t('device-unknown'), { exact: true }).waitFor()
    })

    test('met no error on the way', () => {
      // What is refused for want of a length answers 422, and the browser notes that.
      assert.deepEqual(complaints.filter((complaint) => !complaint.includes('422')), [])
    })
  })
}
