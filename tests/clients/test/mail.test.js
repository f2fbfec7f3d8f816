// Mails through a mail server that is not ours. What the engine promises about them is tested beside it; here is what arrives.

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { FROM, Postbox, Regie, certificate, eventually, later, never, seconds } from '../mailing.js'

const soon = (n) => new Date(Date.now() + n * 1000).toISOString().replace(/\.\d+Z/, 'Z')

describe('receipts by mail', () => {
  let regie, post
  const to = (address) => post.mails.filter((mail) => mail.envelope.rcptTo.some((r) => r.address === address))
  const arrived = (address, n = 1) => eventually(`a mail to ${address}`, () => to(address).length >= n && to(address))

  before(async () => {
    // Away, to begin with.
    post = await new Postbox().open()
    await post.close()
    regie = await Regie.start(`server = "127.0.0.1"\nport = ${post.port}\ntls = "none"`)
  })
  after(async () => {
    await regie.stop()
    if (post.server) await post.close()
  })

  test('one asked for while the mail server is away arrives once it is back, once, whole and checkable', async () => {
    const c = await regie.customer('1', 'one@mail.example')
    await regie.give(c, 'recommendations', 'P1W')
    const asked = await regie.mail(c)
    assert.equal(asked.status, 202, JSON.stringify(asked.body))
    assert.match(asked.body.mail, /^m_[0-9A-Za-z]{26}$/)
    assert.equal((await regie.mail(c)).body.mail, asked.body.mail, 'asked twice, it is one')
    await seconds(1)
    assert.equal(await regie.disclosed(c), 0, 'nothing went anywhere, and nothing is said to have')
    await regie.restart('SIGKILL')
    await post.open()
    const [mail] = await arrived('one@mail.example')
    assert.deepEqual([mail.from.value[0].address, mail.from.value[0].name], [FROM, 'De winkel'])
    assert.deepEqual([mail.envelope.mailFrom.address, mail.envelope.rcptTo.length], [FROM, 1])
    assert.equal(mail.subject, 'Bewijs van je keuze bij De winkel')
    assert.equal(mail.headers.get('auto-submitted'), 'auto-generated')
    assert.equal(mail.messageId, `<${asked.body.mail}@winkel.example>`)
    for (const said of ['Aanbevelingen', 'Je gaf toestemming', `${regie.url}/mijn/controle`, `${regie.url}/ledger-key`]) {
      assert.ok(mail.text.includes(said), `the text says ${said}: ${mail.text}`)
      assert.ok(mail.html.includes(said), `the page says ${said}`)
    }
    assert.ok(!/<(img|script|link|iframe)|url\(/.test(mail.html), 'it loads nothing')
    const [attachment, ...others] = mail.attachments
    assert.equal(others.length, 0)
    assert.equal(attachment.contentType, 'application/ld+json')
    assert.match(attachment.filename, /^bewijs-\d+\.json$/)
    assert.ok(mail.text.includes(attachment.filename))
    assert.equal(await regie.verifies(attachment.content), true)
    assert.equal(await regie.verifies(attachment.content.toString().replace('recommendations', 'marketing-email')), false)
    await eventually('it is closed', async () => (await regie.outcomes(c))[0] === 'sent')
    assert.equal(await regie.disclosed(c), 1)
    await regie.restart('SIGKILL')
    await seconds(3)
    assert.equal(to('one@mail.example').length, 1, 'not twice')
    assert.ok(!regie.printed.includes('one@mail.example'), 'no address in the log')
  })

  test('in English for who reads English', async () => {
    const c = await regie.customer('2', 'two@mail.example')
    await regie.give(c, 'recommendations', 'withdrawn', 'en')
    assert.equal((await regie.mail(c, 'en')).status, 202)
    const [mail] = await arrived('two@mail.example')
    assert.equal(mail.subject, 'Receipt of your choice at The shop')
    assert.match(mail.text, /You gave permission/)
    assert.match(mail.attachments[0].filename, /^receipt-\d+\.json$/)
  })

  test('who was erased meanwhile gets nothing', async () => {
    await post.close()
    const [gone, stays] = [await regie.customer('3', 'gone@mail.example'), await regie.customer('4', 'stays@mail.example')]
    for (const c of [gone, stays]) {
      await regie.give(c, 'recommendations', 'P1W')
      assert.equal((await regie.mail(c)).status, 202)
    }
    assert.equal((await regie.call('DELETE', `/v1/customers/${gone}`)).status, 200)
    await post.open()
    await arrived('stays@mail.example')
    await seconds(2)
    assert.equal(to('gone@mail.example').length, 0)
  })

  test('an address that is more than an address is none', async () => {
    const before_ = post.raw.length
    for (const [i, email] of [
      'a@mail.example\r\nBcc: thief@mail.example',
      'a@mail.example\nthief@mail.example',
      'a@mail.example>\r\nRCPT TO:<thief@mail.example',
      'a@mail.example, thief@mail.example',
      '"x\r\nBcc: thief@mail.example"@mail.example',
      'nobody',
    ].entries()) {
      const c = await regie.customer(`evil-${i}`, email)
      await regie.give(c, 'recommendations', 'P1W')
      const { status, body } = await regie.mail(c)
      assert.deepEqual([status, body.code], [409, 'mail_address_unknown'], email)
      assert.ok(!JSON.stringify(body).includes('thief'))
    }
    await seconds(2)
    assert.equal(post.raw.length, before_)
    assert.ok(!regie.printed.includes('thief'))
  })

  test('"later" is tried again, "never" is not, and a line that breaks is tried again under the same name', async () => {
    const c = await regie.customer('5', 'five@mail.example')
    await regie.give(c, 'recommendations', 'P1W')
    post.moods.push(later)
    await regie.mail(c)
    await arrived('five@mail.example')
    await eventually('it is closed', async () => (await regie.outcomes(c))[0] === 'sent')
    assert.equal(await regie.disclosed(c), 1, 'two tries are one disclosure')

    post.moods.push(never)
    await regie.give(c, 'recommendations', 'P1M')
    await regie.mail(c)
    await eventually('it is closed', async () => (await regie.outcomes(c))[0] === 'refused')
    assert.equal(to('five@mail.example').length, 1)

    post.moods.push(() => 'hang up')
    await regie.give(c, 'recommendations', 'P1D')
    await regie.mail(c)
    const all = await arrived('five@mail.example', 3)
    assert.equal(all[1].messageId, all[2].messageId)
    assert.equal(await regie.disclosed(c), 3)
  })

  test('word of a restriction that is going to be lifted; told is who got it', async () => {
    const c = await regie.customer('6', 'six@mail.example')
    const path = `/v1/customers/${c}/restrictions/all/purchases`
    assert.equal((await regie.call('PUT', path, {})).status, 200)
    const lift = () => regie.call('DELETE', path, { evidence: { language: 'nl', method: 'telephone', actor: 'staff' } })
    assert.equal((await lift()).body.code, 'customer_not_told')
    assert.equal((await regie.call('POST', `${path}/told/mail`, { language: 'nl' })).status, 202)
    const [mail] = await arrived('six@mail.example')
    assert.equal(mail.subject, 'Je gegevens worden binnenkort weer gebruikt')
    for (const said of ['Je aankopen', `${regie.url}/mijn/stilzetten`, 'toezichthouder']) assert.ok(mail.text.includes(said), mail.text)
    await eventually('told', async () => (await regie.call('GET', `/v1/customers/${c}/restrictions`)).body.restrictions[0].told_at)
    assert.equal((await lift()).status, 200)
  })
})

test('a question before an end: only to who allowed it, once ever, never when in doubt, with a way out in one press', { timeout: 180_000 }, async () => {
  const post = await new Postbox().open()
  const regie = await Regie.start(`server = "127.0.0.1"\nport = ${post.port}\ntls = "none"`)
  const to = (address) => post.mails.filter((mail) => mail.envelope.rcptTo.some((r) => r.address === address))
  try {
    const ids = ['yes', 'no', 'withdrew', 'doubt']
    const [yes, no, withdrew, doubt] = await Promise.all(ids.map((id) => regie.customer(id, `${id}@mail.example`)))
    for (const c of [yes, withdrew, doubt]) await regie.give(c, 'end-reminder', 'P1M', 'en')
    for (const c of [yes, no, withdrew, doubt]) await regie.give(c, 'recommendations', soon(90), 'en')
    await seconds(47)
    // Whom to ask is looked at when the server starts, and every ten minutes.
    await post.close()
    await regie.restart()
    await seconds(1)
    await regie.call('DELETE', `/v1/customers/${withdrew}/consents/end-reminder`)
    post.moods.push((session) => (session.envelope.rcptTo[0].address === 'doubt@mail.example' ? 'hang up' : undefined))
    post.moods.push((session) => (session.envelope.rcptTo[0].address === 'doubt@mail.example' ? 'hang up' : undefined))
    await post.open()
    const [mail] = await eventually('the question', () => to('yes@mail.example').length && to('yes@mail.example'))
    await eventually('the one that was in doubt is closed', async () => (await regie.outcomes(doubt))[0] === 'unsure')
    await eventually('the one that was withdrawn is closed', async () => (await regie.outcomes(withdrew))[0] === 'not_allowed')
    assert.equal(mail.subject, 'Something that you allowed ends soon')
    for (const said of ['Recommendations', 'you need to do nothing', `${regie.url}/mijn`]) assert.ok(mail.text.includes(said), mail.text)
    assert.ok(!mail.text.includes('/mijn/link/'), 'nothing in it logs anybody in')
    const stop = mail.headers.get('list').unsubscribe.url
    assert.ok(stop.startsWith(`${regie.url}/mijn/mail-stop/`), stop)
    assert.ok(mail.text.includes(stop) && mail.html.includes(stop), 'the way out stands in the mail too')
    assert.ok(post.raw.some((raw) => raw.includes('List-Unsubscribe-Post: List-Unsubscribe=One-Click')))

    for (const signal of ['SIGKILL', 'SIGTERM']) {
      await regie.restart(signal)
      await seconds(2)
    }
    assert.equal(to('yes@mail.example').length, 1, 'once ever')
    assert.equal(to('doubt@mail.example').length, 1, 'not again when it may have arrived')
    assert.deepEqual([to('no@mail.example').length, to('withdrew@mail.example').length], [0, 0])

    const holds = async () => {
      const { body } = await regie.call('GET', `/v1/customers/${yes}/consents`)
      return body.consents.find(({ purpose }) => purpose === 'end-reminder')
    }
    // A scanner follows links, and tries others.
    assert.equal((await fetch(stop)).status, 200)
    assert.equal((await fetch(stop.replace(/.$/, (c) => (c === '0' ? '1' : '0')), { method: 'POST' })).status, 404)
    assert.equal((await holds()).state, 'given')
    const pressed = await fetch(stop, { method: 'POST', body: 'List-Unsubscribe=One-Click', headers: { 'content-type': 'application/x-www-form-urlencoded' } })
    assert.equal(pressed.status, 200)
    assert.equal((await holds()).state, 'withdrawn')
  } finally {
    await regie.stop()
    await post.close()
  }
})

test('encrypted, logged in, or not at all', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'regie-mail-tls-'))
  const files = certificate(folder)
  const [key, cert] = [readFileSync(files.key), readFileSync(files.cert)]
  try {
    for (const [tls, options] of [
      ['implicit', { secure: true, key, cert }],
      ['starttls', { secure: false, key, cert, disabledCommands: [] }],
    ]) {
      for (const trusted of [true, false]) {
        const post = await new Postbox({ ...options, authOptional: false }).open()
        const section = `server = "localhost"\nport = ${post.port}\ntls = "${tls}"\nuser = "shop"\npassword = { env = "MAIL_PASSWORD" }`
        const regie = await Regie.start(section, { MAIL_PASSWORD: 'open sesame', ...(trusted ? { SSL_CERT_FILE: files.cert } : {}) })
        try {
          const c = await regie.customer('1', 'one@mail.example')
          await regie.give(c, 'recommendations', 'P1W')
          assert.equal((await regie.mail(c)).status, 202)
          if (trusted) {
            await eventually(`a mail by ${tls}`, () => post.mails.length === 1)
            assert.deepEqual(post.logins[0], { username: 'shop', password: 'open sesame', secure: true })
          } else {
            await eventually('it was tried', () => regie.printed.includes('mail server cannot be reached'))
            assert.deepEqual([post.mails.length, post.logins.length], [0, 0], `${tls}: nothing goes to somebody who only says who it is`)
            assert.equal(await regie.disclosed(c), 0)
          }
          assert.ok(!regie.printed.includes('sesame'))
        } finally {
          await regie.stop()
          await post.close()
        }
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
