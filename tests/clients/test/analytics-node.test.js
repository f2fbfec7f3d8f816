// A shop's server with Segment's own client for Node.js.

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'

import { Analytics } from '@segment/analytics-node'

import { SERVER_KEY, events, exported, give, lookup, newCustomer, order, url, withdraw } from '../regie.js'

/** Sends what `say` says and waits until all of it was answered. Fails where the client gave something up. */
async function sending(say, httpClient) {
  const analytics = new Analytics({ writeKey: SERVER_KEY, host: url, flushAt: 20, flushInterval: 50, maxRetries: 3, httpClient })
  const errors = []
  analytics.on('error', (error) => errors.push(error))
  say(analytics)
  await analytics.closeAndFlush({ timeout: 20_000 })
  assert.deepEqual(errors, [])
}

test('of what a server sends, what is permitted is kept, once', async () => {
  const userId = newCustomer()

  await sending((analytics) => {
    analytics.identify({ userId, traits: { email: `${userId}@example.com`, shoeSize: 43 } })
    analytics.track({ userId, event: 'Order Completed', properties: { ...order(`order-${userId}`, 'milk', 'bread'), card_number: '4111' } })
    analytics.track({ userId, event: 'Product Viewed', properties: { product_id: 'before-consent' } })
    analytics.track({ userId, event: 'Something Of Our Own', properties: { secret: 'unprescribed' } })
    analytics.page({ userId, name: 'Home', properties: { url: 'https://shop.example/?token=secret' } })
    analytics.screen({ userId, name: 'Home' })
    analytics.group({ userId, groupId: 'a-company' })
  })
  // An order needs no consent; looking around does.
  assert.deepEqual(await events(`user:${userId}`), ['order_completed milk,bread'])

  const customer = await lookup(`user:${userId}`)
  const everything = await exported(customer)
  const mail = everything.attributes.find(({ name }) => name === 'email')
  assert.equal(mail.value, `${userId}@example.com`)
  assert.equal(mail.category, 'contact')
  assert.equal(mail.origin, 'provided')
  const text = JSON.stringify(everything)
  for (const unprescribed of ['4111', 'card_number', 'shoeSize', 'unprescribed', 'token=secret', 'a-company']) {
    assert.ok(!text.includes(unprescribed), `${unprescribed} is not in the collection plan and was kept`)
  }

  await give(customer, 'recommendations', 'P1D')
  await sending((analytics) => {
    analytics.track({ userId, event: 'Product Viewed', properties: { product_id: 'after-consent' } })
    analytics.track({
      userId,
      event: 'Product Viewed',
      properties: { product_id: 'not-this-one' },
      context: { consent: { categoryPreferences: { Functional: false, Personalization: false, Analytics: false, Advertising: false } } },
    })
  })
  assert.deepEqual(await events(`user:${userId}`), ['order_completed milk,bread', 'product_viewed after-consent'])

  await withdraw(customer, 'recommendations')
  assert.deepEqual(await events(`user:${userId}`), ['order_completed milk,bread'], 'the order stays, the look-around goes')
})

test('a retry of what had already arrived adds nothing', async () => {
  const userId = newCustomer()
  const bodies = []
  // The server did its work, and the answer got lost: what a proxy in trouble looks like to a client.
  const losesFirstAnswer = async (address, init) => {
    bodies.push(JSON.parse(init.body))
    const answer = await fetch(address, init)
    return bodies.length === 1 ? new Response('{}', { status: 503 }) : answer
  }
  await sending((analytics) => {
    analytics.track({ userId, event: 'Order Completed', properties: order(`order-${userId}`, 'cheese') })
  }, losesFirstAnswer)

  assert.ok(bodies.length >= 2, 'the client did not retry, so this test shows nothing')
  assert.equal(bodies[0].batch[0].messageId, bodies[1].batch[0].messageId)
  assert.deepEqual(await events(`user:${userId}`), ['order_completed cheese'])
})

test('the same message id from another run of the client adds nothing', async () => {
  const userId = newCustomer()
  const messageId = `message-${randomUUID()}`
  for (const item of ['first', 'second']) {
    await sending((analytics) => {
      analytics.track({ userId, messageId, event: 'Order Completed', properties: order(`order-${userId}`, item) })
    })
  }
  assert.deepEqual(await events(`user:${userId}`), ['order_completed first'])
})

test('identify points a device at its user from then on, and does not join what it did before', async () => {
  const userId = newCustomer()
  const anonymousId = randomUUID()
  await sending((analytics) => {
    analytics.track({ anonymousId, event: 'Order Completed', properties: order(`guest-${userId}`, 'tea') })
  })
  await sending((analytics) => {
    analytics.identify({ userId, anonymousId })
    analytics.track({ userId, event: 'Order Completed', properties: order(`own-${userId}`, 'coffee') })
  })
  await sending((analytics) => {
    analytics.track({ anonymousId, event: 'Order Completed', properties: order(`later-${userId}`, 'sugar') })
  })
  assert.deepEqual(await events(`user:${userId}`), ['order_completed coffee', 'order_completed sugar'])
  assert.equal(await lookup(`anonymous:${anonymousId}`), await lookup(`user:${userId}`))
})
