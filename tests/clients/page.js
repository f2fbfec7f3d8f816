// A page of a shop, served from an origin of its own, with Segment's own client for browsers in it.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'

import { chromium } from 'playwright-core'

import { start } from '../browser/chromium.js'
import { BROWSER_KEY, url } from './regie.js'

const LIBRARY = new URL('./node_modules/@segment/analytics-next/dist/umd/', import.meta.url)
const HTML = '<!doctype html><html lang="en"><title>A shop</title><h1>A shop</h1><script src="/library/index.js"></script>'

/** The system's Chromium. */
export const launch = () => start(chromium)

/** Serves the page and the library's files on a free port of this machine. */
export async function serveShop() {
  const server = createServer(async (request, response) => {
    const name = /^\/library\/([\w.-]+\.js)$/.exec(request.url)?.[1]
    try {
      const body = name ? await readFile(new URL(name, LIBRARY)) : HTML
      response.writeHead(200, { 'content-type': name ? 'text/javascript' : 'text/html; charset=utf-8' }).end(body)
    } catch {
      response.writeHead(404).end()
    }
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  return { origin: `http://127.0.0.1:${server.address().port}`, close: () => new Promise((done) => server.close(done)) }
}

/** Opens the page with the client loaded; `errors` gathers what the page complained of. */
export async function openShop(browser, origin) {
  const context = await browser.newContext()
  const page = await context.newPage()
  const errors = []
  page.on('pageerror', (error) => errors.push(String(error)))
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
  await page.goto(origin)
  const anonymousId = await page.evaluate(async ({ url, writeKey }) => {
    const { host, protocol } = new URL(url)
    // The settings come from Regie too, so `cdnURL` is its address; the `Segment.io` destination sends to `apiHost`.
    const [analytics] = await window.AnalyticsNext.AnalyticsBrowser.load(
      { writeKey, cdnURL: url },
      { integrations: { 'Segment.io': { apiHost: `${host}/v1`, protocol: protocol.replace(':', '') } } },
    )
    window.analytics = analytics
    return analytics.user().anonymousId()
  }, { url, writeKey: BROWSER_KEY })
  assert.match(anonymousId, /^[0-9a-f-]{36}$/)
  return { page, anonymousId, errors, close: () => context.close() }
}

/** Calls the client in the page and waits until Regie answered, as often as `answers` says. */
export async function tell(page, method, args, answers = 1) {
  let seen = 0
  const answered = page.waitForEvent('response', {
    timeout: 20_000,
    predicate: (response) => response.request().method() === 'POST' && response.url().startsWith(url) && ++seen === answers,
  })
  await page.evaluate(([method, args]) => window.analytics[method](...args), [method, args])
  return answered
}
