// A browser, the way a customer has one; and the few things that every story does with it.

import assert from 'node:assert/strict'

import { chromium } from 'playwright-core'

import { start } from './chromium.js'

const needed = (name) => {
  const value = process.env[name]
  assert.ok(value, `${name} is not set: run \`cargo xtask test --only browser\`, which starts a demo and sets it`)
  return value
}

export const url = needed('REGIE_URL')
const apiKey = needed('REGIE_API_KEY')

export const PHONE = { width: 390, height: 844 }
export const DESKTOP = { width: 1280, height: 900 }

/** The system's Chromium. */
export const launch = () => start(chromium)

/** A new customer's browser: nothing remembered. `complaints` gathers script errors, blocked content and failed requests. */
export async function visit(browser, t, { viewport = DESKTOP, javaScriptEnabled = true } = {}) {
  const context = await browser.newContext({ viewport, javaScriptEnabled, locale: t.language, baseURL: url })
  const page = await context.newPage()
  const complaints = []
  page.on('pageerror', (error) => complaints.push(`script: ${error}`))
  page.on('console', (message) => message.type() === 'error' && complaints.push(`console: ${message.text()}`))
  page.on('response', (answer) => answer.status() >= 500 && complaints.push(`${answer.status()} ${answer.url()}`))
  await page.goto(`/winkel?lang=${t.language}`)
  return { page, complaints, close: () => context.close() }
}

/** Picks a household of the till that no story picked before, and answers its number. */
export async function becomeHousehold(page, taken) {
  await page.goto('/winkel/klanten')
  const numbers = await page.locator('button[name="customer"]').evaluateAll((buttons) => buttons.map((button) => button.value))
  const number = numbers.find((number) => number !== '' && !taken.has(number))
  assert.ok(number, 'the demo offers no household that is left')
  taken.add(number)
  await Promise.all([page.waitForURL(/\/winkel$|\/mijn\/meenemen$/), page.locator(`button[name="customer"][value="${number}"]`).click()])
  // What was ordered or chosen before is offered to come along; these stories begin without it.
  if (page.url().endsWith('/mijn/meenemen')) {
    await Promise.all([page.waitForURL('**/mijn'), page.locator('button[name="answer"][value="no"]').click()])
    await page.goto('/winkel')
  }
  return number
}

/** Switches tips off where the demo's rule had switched them on, so that every story starts from no. */
export async function withoutTips(page, t) {
  const on = page.getByRole('switch', { name: t.like('personal-on') })
  if (await on.isVisible()) await on.click()
  await page.getByRole('link', { name: t('personal-off') }).waitFor()
}

/** The row of the shop's page with this heading. */
export const row = (page, heading) => page.getByRole('region', { name: heading, exact: true })

/** What the shop's own server gets when it asks Regie. */
export async function ask(path, options = {}) {
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }
  const answer = await fetch(`${url}${path}`, { ...options, headers })
  return { status: answer.status, body: await answer.json() }
}

/** What Regie answers the shop's own server about a customer. */
export const lookup = (number) => ask('/v1/customers/lookup', { method: 'POST', body: JSON.stringify({ customer: `user:${number}` }) })
