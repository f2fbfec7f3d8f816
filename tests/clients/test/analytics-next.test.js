// A shop's page with Segment's own client for browsers, on an origin of its own, writing with the key of a browser source.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { launch, openShop, serveShop, tell } from '../page.js'
import { BROWSER_KEY, SERVER_KEY, events, exported, give, lookup, newCustomer, order, send, url } from '../regie.js'

let browser
let shop

before(async () => {
  shop = await serveShop()
  browser = await launch()
})

after(async () => {
  await browser?.close()
  await shop?.close()
})

test('of what a page sends, what is permitted is kept, once', async () => {
  const { page, anonymousId, errors, close } = await openShop(browser, shop.origin)
  const who = `anonymous:${anonymousId}`

  await tell(page, 'page', ['Home'])
  await tell(page, 'track', ['Product Viewed', { product_id: 'before-consent' }])
  assert.deepEqual(await events(who), [], 'nobody said yes yet')

  const answer = await tell(page, 'track', ['Order Completed', order(`page-${anonymousId}`, 'milk')])
  assert.equal(answer.status(), 200)
  assert.match(answer.request().headers()['content-type'], /^text\/plain/, 'the client sends JSON as plain text, and that must do')
  assert.deepEqual(await events(who), ['order_completed milk'])

  await give(await lookup(who), 'recommendations', 'P1D')
  await tell(page, 'track', ['Product Viewed', { product_id: 'after-consent' }])
  assert.deepEqual(await events(who), ['order_completed milk', 'product_viewed after-consent'])
  assert.deepEqual(errors, [])
  await close()
})

test('a retry of what had already arrived adds nothing', async () => {
  const { page, anonymousId, close } = await openShop(browser, shop.origin)
  const messages = []
  await page.route(`${url}/v1/t`, async (route) => {
    if (route.request().method() !== 'POST') return route.continue()
    messages.push(JSON.parse(route.request().postData()).messageId)
    const answer = await route.fetch()
    assert.equal(answer.status(), 200)
    // It arrived, and the answer got lost on its way back.
    return route.fulfill({ response: answer, status: messages.length === 1 ? 503 : 200 })
  })
  await tell(page, 'track', ['Order Completed', order(`page-${anonymousId}`, 'cheese')], 2)

  assert.equal(messages.length, 2)
  assert.equal(messages[0], messages[1])
  assert.deepEqual(await events(`anonymous:${anonymousId}`), ['order_completed cheese'])
  await close()
})

test('a page cannot write for a user, whatever it claims', async () => {
  const userId = newCustomer()
  const first = { type: 'track', userId, messageId: `own-${userId}`, event: 'Order Completed', properties: order(`own-${userId}`, 'bread') }
  assert.equal((await send(SERVER_KEY, '/v1/batch', { batch: [first] })).status, 200)

  // With the real client: the claim is heard, and what follows stays the device's own.
  const { page, anonymousId, close } = await openShop(browser, shop.origin)
  await tell(page, 'identify', [userId, { email: 'someone-else@example.com' }])
  await tell(page, 'track', ['Order Completed', order(`false-${userId}`, 'poison')])
  await close()

  // And by hand, without any device to fall back on.
  const bare = { type: 'track', userId, messageId: `bare-${userId}`, event: 'Order Completed', properties: order(`bare-${userId}`, 'poison') }
  const batch = await send(BROWSER_KEY, '/v1/batch', { batch: [bare] })
  assert.equal(batch.status, 200)
  assert.deepEqual(batch.body.rejected.map(({ index, code }) => ({ index, code })), [{ index: 0, code: 'browser_may_not_write_for_user' }])
  const single = await send(BROWSER_KEY, '/v1/track', { ...bare, messageId: `single-${userId}` })
  assert.ok(single.status >= 400 && single.status < 500, `answered ${single.status}`)
  assert.match(single.type, /^application\/problem\+json/)
  assert.equal(single.body.code, 'browser_may_not_write_for_user')

  assert.deepEqual(await events(`user:${userId}`), ['order_completed bread'])
  const text = JSON.stringify(await exported(await lookup(`user:${userId}`)))
  assert.ok(!text.includes('poison') && !text.includes('someone-else@example.com'))
  assert.notEqual(await lookup(`anonymous:${anonymousId}`), await lookup(`user:${userId}`))
})
