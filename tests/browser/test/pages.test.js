// Every page, on a telephone and on a desk, in both languages: axe finds nothing grave, nothing sticks out, nothing is blocked.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { AxeBuilder } from '@axe-core/playwright'

import { DESKTOP, PHONE, becomeHousehold, launch, row, visit, withoutTips } from '../browser.js'
import { words } from '../words.js'

const STANDARDS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

const taken = new Set()
let browser

before(async () => {
  browser = await launch()
})

after(() => browser?.close())

/**
 * What axe calls serious or critical, and content outside every landmark, of a page or a part of it. The pages have no frames, so the
 * simpler way to run it will do.
 */
async function graveViolations(page, part) {
  const axe = new AxeBuilder({ page }).setLegacyMode(true).options({ runOnly: STANDARDS, resultTypes: ['violations'] })
  const { violations } = await (part ? axe.include(part) : axe).analyze()
  const grave = violations.filter(({ id, impact }) => impact === 'serious' || impact === 'critical' || id === 'region')
  return grave.map(({ id, help, nodes }) => `${id}: ${help}\n    ${nodes.map(({ target }) => target.join(' ')).join('\n    ')}`)
}

/** Fails on what is grave, on a page that scrolls sideways, and on one without exactly one main heading. */
async function check(page, t) {
  const told = await graveViolations(page)
  assert.equal(told.length, 0, `${page.url()}\n  ${told.join('\n  ')}`)
  const { wide, seen, language, headings } = await page.evaluate(() => ({
    wide: document.documentElement.scrollWidth,
    seen: document.documentElement.clientWidth,
    language: document.documentElement.lang,
    headings: document.querySelectorAll('h1').length,
  }))
  assert.ok(wide <= seen, `${page.url()} is ${wide} px wide on a screen of ${seen}`)
  assert.equal(language, t.language)
  assert.equal(headings, 1, `${page.url()} has ${headings} main headings`)
}

/** Opens everything that unfolds. */
async function unfold(page) {
  for (const summary of await page.locator('summary').all()) {
    if (await summary.isVisible()) await summary.click()
  }
}

for (const language of ['nl', 'en']) {
  for (const viewport of [PHONE, DESKTOP]) {
    const t = words(language)

    describe(`every page (${language}, ${viewport.width} px)`, () => {
      let page
      let complaints
      let close
      const look = async (path) => {
        const answer = await page.goto(path)
        assert.equal(answer.status(), 200, path)
        await check(page, t)
      }

      before(async () => {
        ;({ page, complaints, close } = await visit(browser, t, { viewport }))
      })

      after(() => close?.())

      test('of the shop, for somebody anonymous', async () => {
        for (const path of ['/winkel', '/winkel/over', '/winkel/klanten', '/winkel/persoonlijk', '/winkel/mandje', '/winkel/zoek?q=milk', '/winkel/zoek?q=qqqq']) {
          await look(path)
        }
        const rooms = page.getByRole('navigation', { name: t('shop-rooms') }).getByRole('link')
        await look(await rooms.first().getAttribute('href'))
        await look(await page.getByRole('main').getByRole('listitem').first().getByRole('link').first().getAttribute('href'))
      })

      test('of My data, for somebody anonymous', async () => {
        for (const path of [
          '/mijn', '/mijn/informatie', '/mijn/informatie/interests', '/mijn/toestemming/recommendations', '/mijn/toestemming/device-storage',
          '/mijn/keuze/niets', '/mijn/keuze/bezoek', '/mijn/keuze/zelf', '/mijn/stop-alles', '/mijn/stilzetten', '/mijn/verschil',
          '/mijn/waarheen', '/mijn/tijdlijn', '/mijn/bewijs', '/mijn/wissen',
        ]) {
          await look(path)
        }
        // Every room is in sight, also of who cannot scroll sideways.
        const beyond = await page.locator('.mine a').evaluateAll((links) => links.filter((link) => link.getBoundingClientRect().right > innerWidth).length)
        assert.equal(beyond, 0)
        await page.goto('/winkel')
        await look(await page.getByRole('main').getByRole('listitem').first().getByRole('link').first().getAttribute('href'))
      })

      test('of an order', async () => {
        await page.getByRole('main').getByRole('button', { name: t('add-to-basket'), exact: true }).click()
        await page.getByRole('status').filter({ hasText: t.like('basket-added') }).waitFor()
        await look('/winkel/mandje')
        await look('/winkel/afrekenen')
        await page.getByRole('button', { name: t('checkout-buy'), exact: true }).click()
        await page.getByRole('heading', { name: t('ordered-title'), exact: true }).waitFor()
        await check(page, t)
      })

      test('of the shop with tips, and why they are shown', async () => {
        await becomeHousehold(page, taken)
        await withoutTips(page, t)
        await page.goto('/winkel/persoonlijk')
        await page.getByRole('radio', { name: t.starts('period-month') }).check()
        await check(page, t)
        await page.getByRole('button', { name: t('allow'), exact: true }).click()
        await page.getByRole('switch', { name: t.like('personal-on') }).waitFor()
        await look('/winkel')
        const why = row(page, t('row-for-you')).getByRole('link', { name: t.starts('why-link') }).first()
        const address = await why.getAttribute('href')
        await why.click()
        await page.getByRole('dialog').getByRole('heading', { name: t('why-title'), exact: true }).waitFor()
        // Behind an open dialog the page's own headings stay in the document.
        assert.deepEqual(await graveViolations(page, 'dialog'), [])
        await page.keyboard.press('Escape')
        await look(address)
      })

      test('of My data', async () => {
        await page.goto('/winkel')
        await page.getByRole('complementary', { name: t('personal-label') }).getByRole('button', { name: t('portal-name') }).click()
        await page.waitForURL('**/mijn')
        await check(page, t)
        for (const path of [
          '/mijn/toestemming/recommendations', '/mijn/toestemming/sharing-with-partners', '/mijn/toestemming/marketing-email',
          '/mijn/keuze/niets', '/mijn/keuze/bezoek', '/mijn/keuze/zelf', '/mijn/stop-alles', '/mijn/stilzetten', '/mijn/wissen',
          '/mijn/tijdlijn', '/mijn/tijdlijn?kind=events', '/mijn/tijdlijn?kind=requests', '/mijn/waarheen',
          '/mijn/bewijs', '/mijn/controle',
        ]) {
          await look(path)
        }
        for (const path of ['/mijn/waarheen', '/mijn']) {
          await page.goto(path)
          await unfold(page)
          await check(page, t)
        }
      })

      test('of saying goodbye', async () => {
        await page.goto('/mijn/wissen')
        await page.getByRole('button', { name: t('erase-yes'), exact: true }).click()
        await page.getByRole('heading', { name: t('erased-title'), exact: true }).waitFor()
        await check(page, t)
        const answer = await page.goto('/mijn/no-such-page')
        assert.equal(answer.status(), 404)
        await check(page, t)
      })

      test('without anything blocked or broken', () => {
        // The page that does not exist is asked for on purpose.
        assert.deepEqual(complaints.filter((complaint) => !complaint.includes('404')), [])
      })
    })
  }
}
