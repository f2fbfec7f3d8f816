// A Regie of its own that sends mail, and a real mail server (Nodemailer's smtp-server) that can be away, say "later", say no, or drop
// the line in the middle of a word.

import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pass } from 'node:timers/promises'
import { simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'

const program = process.env.REGIE_PROGRAM
assert.ok(program, 'REGIE_PROGRAM is not set: run `cargo xtask test --only clients`, which sets it to the program')

export const FROM = 'klanten@winkel.example'
const API_KEY = 'mail-test-api'
const SHOP_KEY = 'mail-test-shop'

export const seconds = (n) => pass(n * 1000)

/** Asks again and again until something is there; fails after half a minute or so. */
export async function eventually(what, look, patience = 45) {
  for (let waited = 0; waited < patience * 10; waited++) {
    const found = await look()
    if (found) return found
    await pass(100)
  }
  assert.fail(`it never came: ${what}`)
}

/** A port that was free a moment ago. Somebody else may take it: who uses it tries again with another. */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

/** A mail server that keeps what it gets, parsed and raw. */
export class Postbox {
  mails = []
  raw = []
  logins = []
  /** What it says to the next mails: functions of (session) that answer undefined to take one, an error to refuse it, or 'hang up'. */
  moods = []

  /** Its port is given to it when it opens first, and stays its own name after that. */
  constructor(options = {}) {
    this.port = 0
    this.options = options
  }

  async open() {
    this.server = new SMTPServer({
      authOptional: this.options.authOptional ?? true,
      disabledCommands: this.options.disabledCommands ?? ['STARTTLS'],
      logger: false,
      ...this.options,
      onAuth: (auth, session, answer) => {
        this.logins.push({ username: auth.username, password: auth.password, secure: session.secure })
        answer(null, { user: auth.username })
      },
      onData: (stream, session, answer) => {
        const chunks = []
        stream.on('data', (chunk) => chunks.push(chunk))
        stream.on('end', async () => {
          const bytes = Buffer.concat(chunks)
          const mood = this.moods.shift()?.(session)
          if (mood instanceof Error) return answer(mood)
          this.raw.push(bytes.toString('latin1'))
          this.mails.push({ ...(await simpleParser(bytes)), envelope: session.envelope })
          if (mood === 'hang up') return this.cut()
          return answer()
        })
      },
    })
    // A line that breaks is what some of these tests are about.
    this.server.on('error', () => {})
    this.server.listen(this.port, '127.0.0.1')
    await once(this.server.server, 'listening')
    this.port = this.server.server.address().port
    return this
  }

  /** Cuts every line without a word. */
  cut() {
    for (const connection of this.server.connections) connection._socket.destroy()
  }

  async close() {
    // Else it waits half a minute for lines that nobody uses.
    this.cut()
    await new Promise((done) => this.server.close(done))
  }
}

export const later = () => Object.assign(new Error('come back later'), { responseCode: 451 })
export const never = () => Object.assign(new Error('no such mailbox'), { responseCode: 550 })

/** A Regie with an empty folder of its own. */
export class Regie {
  static async start(mail, environment = {}) {
    const regie = new Regie()
    regie.folder = mkdtempSync(join(tmpdir(), 'regie-mail-'))
    regie.environment = environment
    // What it calls itself in mails stands in its settings, so its port is chosen before it starts.
    for (let tries = 0; ; tries++) {
      regie.configure(mail, await freePort())
      try {
        await regie.run()
        return regie
      } catch (error) {
        if (tries === 5 || !/in use/i.test(regie.printed)) throw error
        regie.printed = ''
      }
    }
  }

  configure(mail, port) {
    const regie = this
    regie.port = port
    regie.url = `http://127.0.0.1:${regie.port}`
    writeFileSync(
      join(regie.folder, 'regie.toml'),
      `listen = "127.0.0.1:${regie.port}"
base_url = "${regie.url}"
data = "data"
[[sources]]
id = "shop"
keys = ["env:SHOP_KEY"]
[[api_keys]]
name = "test"
key = "env:API_KEY"
scopes = ["customers", "portal-links", "operations"]
id_space = "shop"
[mail]
from = "${FROM}"
${mail}
`,
    )
  }

  async run() {
    this.printed ??= ''
    this.process = spawn(program, ['serve', '--config', join(this.folder, 'regie.toml')], {
      env: { ...process.env, API_KEY, SHOP_KEY, ...this.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const process_ = this.process
    for (const stream of [process_.stdout, process_.stderr]) stream.on('data', (text) => (this.printed += text))
    await eventually('the server is ready', async () => {
      assert.equal(process_.exitCode, null, this.printed)
      return fetch(`${this.url}/readyz`).then((answer) => answer.ok, () => false)
    })
  }

  async end(signal = 'SIGTERM') {
    const ended = once(this.process, 'exit')
    this.process.kill(signal)
    await ended
  }

  async restart(signal) {
    await this.end(signal)
    await this.run()
  }

  async stop() {
    await this.end()
    rmSync(this.folder, { recursive: true, force: true })
  }

  async call(method, path, body) {
    const answer = await fetch(this.url + path, {
      method,
      headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
    const text = await answer.text()
    return { status: answer.status, body: text && JSON.parse(text) }
  }

  /** A customer whom the shop knows by an address. */
  async customer(id, email) {
    const answer = await fetch(`${this.url}/v1/identify`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${SHOP_KEY}:`)}`, 'content-type': 'application/json' },
      body: JSON.stringify({ userId: id, traits: { email } }),
    })
    assert.equal(answer.status, 200)
    const { status, body } = await this.call('POST', '/v1/customers/lookup', { customer: `user:${id}` })
    assert.equal(status, 200, JSON.stringify(body))
    return body.customer
  }

  async give(customer, purpose, until, language = 'nl') {
    const evidence = { language, method: 'shop', actor: 'customer' }
    const { status, body } = await this.call('PUT', `/v1/customers/${customer}/consents/${purpose}`, { until, evidence })
    assert.equal(status, 200, JSON.stringify(body))
  }

  /** The number of the newest receipt. */
  async newest(customer) {
    const { body } = await this.call('GET', `/v1/customers/${customer}/receipts?limit=1`)
    return body.receipts[0]['regie:ledger'].index
  }

  async mail(customer, language = 'nl', index = undefined) {
    return this.call('POST', `/v1/customers/${customer}/receipts/${index ?? (await this.newest(customer))}/mail`, { language })
  }

  /** What became of the customer's mails, newest first. */
  async outcomes(customer) {
    const { body } = await this.call('GET', `/v1/customers/${customer}/timeline?limit=100`)
    return body.entries.filter(({ what }) => what === 'mail_closed').map(({ outcome }) => outcome)
  }

  /** How often something went to the company that sends mails. */
  async disclosed(customer) {
    const { body } = await this.call('GET', `/v1/customers/${customer}/disclosures`)
    return body.disclosures.filter(({ recipient }) => recipient === 'mailer').length
  }

  /** Does `regie verify` say that a receipt holds, with the key that the shop publishes? */
  async verifies(content) {
    const [file, key] = [join(this.folder, 'receipt.json'), join(this.folder, 'shop.key')]
    writeFileSync(file, content)
    writeFileSync(key, await (await fetch(`${this.url}/ledger-key`)).text())
    return spawnSync(program, ['verify', file, '--key', key]).status === 0
  }
}

/** A key and a certificate for `localhost` that nobody trusts unless told to. */
export function certificate(folder) {
  const config = join(folder, 'openssl.cnf')
  writeFileSync(
    config,
    '[req]\ndistinguished_name=dn\nx509_extensions=v3\nprompt=no\n[dn]\nCN=localhost\n[v3]\nsubjectAltName=DNS:localhost\nbasicConstraints=critical,CA:FALSE\n',
  )
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const command = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-config', config, '-keyout', key, '-out', cert]
  execFileSync('openssl', command, { stdio: 'ignore' })
  return { key, cert }
}
