// The retailer's side of the tests: what a shop's own server would ask Regie with its API key.

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'

const needed = (name) => {
  const value = process.env[name]
  assert.ok(value, `${name} is not set: run \`cargo xtask test --only clients\`, which starts a demo and sets it`)
  return value
}

export const url = needed('REGIE_URL')
const apiKey = needed('REGIE_API_KEY')

/** The demo's source that is trusted (a shop's server), and the one that is not (a browser). */
export const SERVER_KEY = 'demo'
export const BROWSER_KEY = 'demo-web'

/** A customer number that no earlier run has used. */
export const newCustomer = () => `client-${randomUUID()}`

/** Asks the API; answers status and body. */
export async function call(method, path, body) {
  const answer = await fetch(url + path, {
    method,
    headers: {
      authorization: `Bearer ${apiKey}`,
      'content-type': 'application/json',
      ...(method === 'GET' ? {} : { 'idempotency-key': randomUUID() }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  })
  const text = await answer.text()
  return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) }
}

/** The opaque id of a customer by `user:ID` or `anonymous:ID`; undefined if nobody is known by it. */
export async function lookup(customer) {
  const { status, body } = await call('POST', '/v1/customers/lookup', { customer })
  if (status === 404) return undefined
  assert.equal(status, 200, JSON.stringify(body))
  assert.match(body.customer, /^c_[0-9A-Za-z]{26}$/)
  return body.customer
}

/** Everything that is kept about a customer. */
export async function exported(customer) {
  const { status, body } = await call('GET', `/v1/customers/${customer}/export`)
  assert.equal(status, 200, JSON.stringify(body))
  return body
}

/** The events kept about a customer, each as `name item,item`, in the order of the log; none for somebody unknown. */
export async function events(identifier) {
  const customer = await lookup(identifier)
  if (customer === undefined) return []
  const { events } = await exported(customer)
  return events.map(({ name, lines = [] }) => `${name} ${lines.map(({ item }) => item).join(',')}`)
}

const evidence = { language: 'nl', method: 'shop', actor: 'customer' }

export async function give(customer, purpose, until) {
  const { status, body } = await call('PUT', `/v1/customers/${customer}/consents/${purpose}`, { until, evidence })
  assert.equal(status, 200, JSON.stringify(body))
}

export async function withdraw(customer, purpose) {
  const { status, body } = await call('DELETE', `/v1/customers/${customer}/consents/${purpose}`, { evidence })
  assert.ok(status === 200 || status === 204, `${status} ${JSON.stringify(body)}`)
}

/** Posts to the collection API as a source does, for what the real clients would never send. */
export async function send(writeKey, path, body) {
  const answer = await fetch(url + path, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${writeKey}:`)}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const text = await answer.text()
  return { status: answer.status, type: answer.headers.get('content-type'), body: text === '' ? undefined : JSON.parse(text) }
}

/** An order as Segment's e-commerce events describe one. */
export const order = (id, ...items) => ({
  order_id: id,
  total: 12.5,
  currency: 'EUR',
  products: items.map((item) => ({ product_id: item, quantity: 1, price: 12.5 / items.length })),
})
