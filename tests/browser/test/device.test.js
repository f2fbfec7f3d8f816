// Somebody who logs in nowhere has all of My data for their device: presets, permissions, proof, timeline, pause, download, erasure. With axe on
// every page of it, with and without JavaScript; and takes it along when they sign in, as far as they want.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { AxeBuilder } from '@axe-core/playwright'

import { DESKTOP, PHONE, launch, visit } from '../browser.js'
import { words } from '../words.js'

const STANDARDS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

const taken = new Set()
let browser

before(async () => {
  browser = await launch()
})

after(() => browser?.close())

for (const [language, viewport, javaScriptEnabled] of [['nl', PHONE, true], ['en', DESKTOP, true], ['en', PHONE, false]]) {
  const t = words(language)

  describe(`a device (${language}, ${viewport.width} px, ${javaScriptEnabled ? 'with' : 'without'} JavaScript)`, () => {
    let page
    let complaints
    let close

    const check = async () => {
      const { wide, seen } = await page.evaluate(() => ({ wide: document.documentElement.scrollWidth, seen: document.documentElement.clientWidth }))
      assert.ok(wide <= seen, `${page.url()} is ${wide} px wide on a screen of ${seen}`)
      if (!javaScriptEnabled) return
      const axe = new AxeBuilder({ page }).setLegacyMode(true).options({ runOnly: STANDARDS, resultTypes: ['violations'] })
      const { violations } = await axe.analyze()
      const told = violations.map(({ id, help, nodes }) => `${id}: ${help}\n    ${nodes.map(({ target }) => target.join(' ')).join('\n    ')}`)
      assert.equal(told.length, 0, `${page.url()}\n  ${told.join('\n  ')}`)
    }
    const device = async () => (await page.context().cookies()).find(({ name }) => name === 'regie_device')
    const says = (key) => page.getByRole('status').filter({ hasText: t.like(key) }).waitFor()
    const press = (key) => page.getByRole('main').getByRole('button', { name: t(key), exact: true }).click()

    before(async () => {
      ;({ page, complaints, close } = await visit(browser, t, { viewport, javaScriptEnabled }))
    })

    after(() => close?.())

    test('chooses tips for this visit only, and nothing is put on the device', async () => {
      await page.goto('/mijn')
      await check()
      await page.getByRole('link', { name: t.starts('preset-visit') }).click()
      await page.locator('input[name="of-age"][value="yes"]').check()
      await check()
      await press('preset-save')
      await says('preset-saved-visit')
      await page.locator('form[action="/mijn/stop/recommendations"]').first().waitFor()
      await check()
      assert.equal(await device(), undefined)
    })

    test('says no, and pauses, with a proof of each choice', async () => {
      await page.goto('/mijn/toestemming/model-improvement')
      await press('do-not-allow')
      await says('refused-told')
      await page.goto('/mijn/stilzetten')
      await page.locator('input[name="part"][value="visit-service/all"]').check()
      await press('pause-yes')
      await says('pause-done')
      await check()
      await page.goto('/mijn/bewijs')
      assert.ok(await page.locator('.proofs > li').count() >= 2)
      await check()
      await page.goto('/mijn/tijdlijn')
      assert.ok(await page.locator('.told-day li').count() >= 3)
      await check()
      assert.equal(await device(), undefined, 'a no needs no cookie')
    })

    test('is remembered only because it is wanted, and as long as that', async () => {
      await page.goto('/mijn')
      await page.getByRole('link', { name: t('device-remember'), exact: true }).click()
      assert.equal(await page.getByRole('radio', { checked: true }).count(), 0)
      await check()
      await page.getByRole('radio', { name: t.starts('period-month') }).check()
      await press('allow')
      await says('given-told')
      await check()
      const { httpOnly, sameSite, expires } = await device()
      assert.deepEqual([httpOnly, sameSite], [true, 'Lax'])
      const days = (expires - Date.now() / 1000) / 86_400
      assert.ok(days > 27 && days < 32, `${days} days`)
      await page.goto('/mijn/toestemming/recommendations')
      await page.getByRole('radio', { name: t.starts('period-week') }).check()
      await press('allow')
      await says('given-told')
    })

    test('takes along what is ticked, and sees every no', async () => {
      await page.goto('/winkel/klanten')
      const numbers = await page.locator('button[name="customer"]').evaluateAll((buttons) => buttons.map((button) => button.value))
      const number = numbers.findLast((n) => n !== '' && !taken.has(n))
      taken.add(number)
      await page.locator(`button[name="customer"][value="${number}"]`).click()
      await page.getByRole('heading', { name: t('along-title'), exact: true }).waitFor()
      await page.getByRole('heading', { name: t('along-noes'), exact: true }).waitFor()
      assert.equal(await page.getByRole('checkbox', { checked: true }).count(), 0, 'nothing is ticked in advance')
      await check()
      const [yes, no] = await Promise.all(['along-yes', 'along-no'].map((key) => page.getByRole('button', { name: t(key), exact: true }).boundingBox()))
      assert.ok(Math.abs(yes.width - no.width) <= 1 && Math.abs(yes.height - no.height) <= 1, 'yes and no are of one size')
      await press('along-yes')
      // Whether anything else comes along depends on what this customer permits already.
      await Promise.any([says('along-done'), says('along-done-noes')])
      await check()
      assert.equal(await device(), undefined)
      // What was refused on the device is refused now.
      await page.getByRole('link', { name: t.like('home-refused-change') }).first().waitFor()
    })

    test('without anything blocked or broken', () => assert.deepEqual(complaints, []))
  })
}

describe('a device that is forgotten (nl)', () => {
  const t = words('nl')
  let page
  let close

  before(async () => {
    ;({ page, close } = await visit(browser, t, { viewport: DESKTOP }))
  })

  after(() => close?.())

  test('is not known any more, and downloads and erases all the same', async () => {
    await page.goto('/mijn/toestemming/recommendations')
    await page.getByRole('radio', { name: t.starts('period-day') }).check()
    await page.locator('input[name="device"]').check()
    await page.locator('input[name="of-age"][value="yes"]').check()
    await page.getByRole('button', { name: t('allow'), exact: true }).click()
    await page.locator('form[action="/mijn/stop/device-storage"]').getByRole('button').click()
    await page.getByRole('status').filter({ hasText: t('device-forgotten') }).waitFor()
    const cookies = await page.context().cookies()
    assert.ok(!cookies.some(({ name }) => name === 'regie_device'))
    assert.equal(await page.locator('form[action="/mijn/stop/recommendations"]').count(), 0, 'nothing is on that could not be stopped later')
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: t.starts('download') }).click()])
    const chunks = []
    for await (const chunk of await file.createReadStream()) chunks.push(chunk)
    const everything = JSON.parse(Buffer.concat(chunks).toString())
    assert.ok(everything.choices.some(({ choice }) => choice === 'withdrawn'))
    await page.goto('/mijn/wissen')
    await page.getByRole('button', { name: t('erase-yes'), exact: true }).click()
    await page.getByRole('heading', { name: t('erased-title'), exact: true }).waitFor()
    await page.goto('/mijn')
    await page.getByText(t('home-have-nothing'), { exact: true }).waitFor()
  })
})
