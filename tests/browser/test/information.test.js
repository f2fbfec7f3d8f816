// Mijn informatie, why with a switch, the difference, and taking along: told, hidden, longer and gone, with axe on every page of it.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { AxeBuilder } from '@axe-core/playwright'

import { DESKTOP, PHONE, becomeHousehold, launch, row, visit } from '../browser.js'
import { words } from '../words.js'

const STANDARDS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

const taken = new Set()
let browser

before(async () => {
  browser = await launch()
})

after(() => browser?.close())

async function check(page) {
  const axe = new AxeBuilder({ page }).setLegacyMode(true).options({ runOnly: STANDARDS, resultTypes: ['violations'] })
  const { violations } = await axe.analyze()
  const told = violations.map(({ id, help, nodes }) => `${id}: ${help}\n    ${nodes.map(({ target }) => target.join(' ')).join('\n    ')}`)
  assert.equal(told.length, 0, `${page.url()}\n  ${told.join('\n  ')}`)
  const { wide, seen } = await page.evaluate(() => ({ wide: document.documentElement.scrollWidth, seen: document.documentElement.clientWidth }))
  assert.ok(wide <= seen, `${page.url()} is ${wide} px wide on a screen of ${seen}`)
  // A thumb hits what can be hit (2.5.8, and our own 44 px for buttons).
  const small = await page.evaluate(() =>
    [...document.querySelectorAll('main button, main .btn, .mine a')].map((e) => [e.textContent.trim(), e.getBoundingClientRect()]).filter(([, box]) => box.height > 0 && box.height < 44).map(([text]) => text))
  assert.deepEqual(small, [])
}

/** Month and day, as the shop's clock has them. */
function dayInShop() {
  return new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/Amsterdam', month: '2-digit', day: '2-digit' }).format(new Date())
}

async function answerAge(page, t) {
  const yes = page.locator('input[name="of-age"][value="yes"]')
  if (await yes.count()) await yes.check()
}

for (const [language, viewport, javaScriptEnabled] of [['nl', PHONE, true], ['en', DESKTOP, true], ['nl', DESKTOP, false]]) {
  const t = words(language)

  describe(`telling something for a while (${language}, ${viewport.width} px, ${javaScriptEnabled ? 'with' : 'without'} JavaScript)`, () => {
    let page
    let complaints
    let close

    before(async () => {
      ;({ page, complaints, close } = await visit(browser, t, { viewport, javaScriptEnabled }))
      await becomeHousehold(page, taken)
    })

    after(() => close?.())

    test('what is missing is said, and nothing is told', async () => {
      await page.goto('/mijn/informatie')
      if (javaScriptEnabled) await check(page)
      await page.getByRole('link', { name: t.starts('item-diet') }).click()
      if (javaScriptEnabled) await check(page)
      await page.getByRole('button', { name: t('tell-yes'), exact: true }).click()
      await page.getByRole('alert').getByText(t('tell-value-missing')).waitFor()
      await page.getByLabel(t.like('diet-vegetarian')).or(page.locator('input[value="vegetarian"]')).first().check()
      // What tells of neither faith nor health is not asked apart.
      assert.equal(await page.locator('input[name="explicit"]').count(), 0)
      await page.getByRole('button', { name: t('tell-yes'), exact: true }).click()
      await page.getByRole('alert').getByText(t('tell-purpose-missing')).waitFor()
      await page.locator('input[name="purpose"][value="recommendations"]').check()
      await page.getByRole('button', { name: t('tell-yes'), exact: true }).click()
      await page.getByRole('alert').getByText(t('ask-missing')).waitFor()
    })

    test('a diet for a day steers the tips, and each says so', async () => {
      await page.locator('input[name="purpose"][value="recommendations"]').check()
      await page.locator('input[name="until"][value="P1D"]').check()
      await answerAge(page, t)
      await page.getByRole('button', { name: t('tell-yes'), exact: true }).click()
      await page.getByRole('status').filter({ hasText: t.like('information-told') }).waitFor()
      await page.getByRole('article').filter({ hasText: t('item-diet') }).waitFor()
      // Who has just chosen a day is not asked about its end.
      assert.equal(await page.locator('.question').count(), 0)
      if (javaScriptEnabled) await check(page)
      await page.goto('/mijn/informatie/interests')
      await page.locator('input[name="value"][value="produce"]').check()
      await page.locator('input[name="purpose"][value="recommendations"]').check()
      await page.locator('input[name="until"][value="P1M"]').check()
      await page.getByRole('button', { name: t('tell-yes'), exact: true }).click()
      await page.getByRole('status').filter({ hasText: t.like('information-told') }).waitFor()
      await page.goto('/winkel')
      await row(page, t('row-for-you')).getByText(t.like('because-told-interests')).first().waitFor()
    })

    test('the list without that reason is one switch away', async () => {
      const tile = row(page, t('row-for-you')).getByRole('listitem').filter({ hasText: t.like('because-told-interests') }).first()
      const why = await tile.getByRole('link', { name: t.starts('why-link') }).getAttribute('href')
      await page.goto(why)
      if (javaScriptEnabled) await check(page)
      await page.getByRole('link', { name: t.starts('why-without') }).click()
      await page.getByRole('heading', { name: t('without-with'), exact: true }).waitFor()
      await page.getByRole('heading', { name: t('without-without'), exact: true }).waitFor()
      assert.ok(await page.getByText(t('without-gone'), { exact: true }).count() > 0, 'something goes without it')
      if (javaScriptEnabled) await check(page)
    })

    test('hidden, shown, a week longer and gone, in one tap each', async () => {
      await page.goto('/mijn/informatie')
      const card = page.getByRole('article').filter({ hasText: t('item-diet') })
      await card.getByRole('button', { name: t('information-hide'), exact: true }).click()
      await page.getByRole('status').filter({ hasText: t.like('information-told-hidden') }).waitFor()
      await card.getByText(t('information-hidden')).waitFor()
      if (javaScriptEnabled) await check(page)
      await card.getByRole('button', { name: t('information-show'), exact: true }).click()
      await page.getByRole('status').filter({ hasText: t.like('information-told-shown') }).waitFor()
      await card.getByRole('button', { name: t('information-week'), exact: true }).click()
      await page.getByRole('status').filter({ hasText: t.like('information-told-longer') }).waitFor()
      await card.locator('summary').click()
      await card.getByRole('button', { name: t('information-gone'), exact: true }).click()
      await page.getByRole('status').filter({ hasText: t.like('information-told-gone') }).waitFor()
      assert.equal(await card.count(), 0)
    })

    test('every other item can be told', async () => {
      const tell = async (item, choose) => {
        await page.goto(`/mijn/informatie/${item}`)
        if (javaScriptEnabled) await check(page)
        await choose()
        await page.locator('input[name="purpose"][value="recommendations"]').check()
        await page.locator('input[name="until"][value="P1W"]').check()
        await page.getByRole('button', { name: t('tell-yes'), exact: true }).click()
        await page.getByRole('status').filter({ hasText: t.like('information-told') }).waitFor()
      }
      await tell('sizes', () => page.locator('select[name="size-tops"]').selectOption('M'))
      await tell('household', () => page.locator('input[name="people"][value="2"]').check())
      // Today, on the shop's clock: the greeting is there at once. Told again where midnight came between.
      let today
      do {
        today = dayInShop()
        await tell('birthday', async () => {
          const [month, day] = today.split('-')
          await page.locator('select[name="day"]').selectOption(day)
          await page.locator('select[name="month"]').selectOption(month)
        })
        await page.goto('/winkel')
      } while (today !== dayInShop())
      await page.getByText(t('greeting-birthday')).waitFor()
      await page.goto('/mijn')
      if (javaScriptEnabled) await check(page)
      await page.locator('.chips').waitFor()
    })

    test('the difference is shown when the button is pressed, and permits nothing', async () => {
      await page.goto('/mijn/verschil')
      if (javaScriptEnabled) await check(page)
      await page.getByRole('button', { name: t('difference-go'), exact: true }).click()
      await page.getByRole('heading', { name: t('difference-with'), exact: true }).waitFor()
      assert.equal(await page.locator('.tips').first().getByRole('listitem').count(), 6)
      assert.ok(await page.getByText(t('difference-only-with'), { exact: true }).count() > 0)
      if (javaScriptEnabled) await check(page)
    })

    test('a preset says what goes, and takes it all', async () => {
      await page.goto('/mijn/keuze/niets')
      await page.getByText(t('item-birthday')).waitFor()
      await page.getByText(t('change-told-gone')).first().waitFor()
      await page.getByRole('button', { name: t('preset-save'), exact: true }).click()
      await page.getByRole('status').filter({ hasText: t.like('preset-saved-nothing') }).waitFor()
      await page.goto('/mijn/informatie')
      assert.equal(await page.getByRole('article').count(), 0)
    })

    test('without anything blocked or broken', () => {
      // An incomplete form is refused on purpose.
      assert.deepEqual(complaints.filter((complaint) => !complaint.includes('422')), [])
    })
  })
}

describe('somebody whom nobody knows (nl)', () => {
  const t = words('nl')
  let page
  let close

  before(async () => {
    ;({ page, close } = await visit(browser, t, { viewport: PHONE }))
  })

  after(() => close?.())

  test('tells something on this device', async () => {
    await page.goto('/mijn')
    await check(page)
    await page.getByRole('link', { name: t('home-told-go'), exact: true }).click()
    await check(page)
    await page.getByRole('link', { name: t.starts('item-interests') }).click()
    await page.locator('input[name="value"][value="produce"]').check()
    await page.locator('input[name="purpose"][value="recommendations"]').check()
    await page.locator('input[name="until"][value="P1W"]').check()
    await answerAge(page, t)
    await page.getByRole('button', { name: t('tell-yes'), exact: true }).click()
    // After the visit only a cookie can tell who this is: it is asked for, not set.
    await page.getByRole('alert').getByText(t('ask-device-missing')).waitFor()
    await page.locator('input[name="device"]').check()
    await page.getByRole('button', { name: t('tell-yes'), exact: true }).click()
    await page.getByRole('article').filter({ hasText: t('item-interests') }).waitFor()
  })

  test('takes it along at sign-in, because it is wanted', async () => {
    await page.goto('/winkel/klanten')
    const numbers = await page.locator('button[name="customer"]').evaluateAll((buttons) => buttons.map((button) => button.value))
    const number = numbers.findLast((n) => n !== '' && !taken.has(n))
    taken.add(number)
    await page.locator(`button[name="customer"][value="${number}"]`).click()
    await page.getByRole('heading', { name: t('along-title'), exact: true }).waitFor()
    await check(page)
    await page.getByText(t('item-interests')).waitFor()
    await page.getByRole('button', { name: t('along-yes'), exact: true }).click()
    await page.getByRole('status').filter({ hasText: t('along-done') }).waitFor()
    await page.goto('/mijn/informatie')
    await page.getByRole('article').filter({ hasText: t('item-interests') }).waitFor()
    const cookies = await page.context().cookies()
    assert.ok(!cookies.some(({ name }) => name === 'regie_device'), 'the device does not open the customer’s pages by itself')
  })
})
