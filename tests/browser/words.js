// The pages' own words, read from the program's language files: a test says what a customer does, not how a sentence is put.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

const FILES = ['common', 'consent', 'portal', 'information', 'proof', 'shop', 'told']
const read = (file) => readFileSync(new URL(`../../crates/regie/locales/${file}.ftl`, import.meta.url), 'utf8')

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/**
 * The words of a language: `t('allow')` is the text itself, `t.like('stopped')` a pattern that fits it whatever is filled in.
 * Only texts of one line are read; those that depend on a number are not.
 */
export function words(language) {
  const texts = new Map()
  for (const file of FILES) {
    for (const [, key, text] of read(`${language}/${file}`).matchAll(/^([a-z][\w-]*) = (.+)$/gm)) {
      if (!text.includes('->')) texts.set(key, text.replace(/<[^>]*>/g, ''))
    }
  }
  const find = (key) => {
    assert.ok(texts.has(key), `there is no text ${key} in ${language}`)
    return texts.get(key)
  }
  const t = (key) => {
    assert.ok(!find(key).includes('{'), `${key} has something to fill in: use like()`)
    return find(key)
  }
  t.language = language
  t.like = (key) => new RegExp(find(key).split(/\{[^}]*\}/).map(escaped).join('[\\s\\S]*'))
  t.starts = (key) => new RegExp(`^${escaped(t(key))}`)
  return t
}
