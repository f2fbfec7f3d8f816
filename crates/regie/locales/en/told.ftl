# The timeline: what happened with your data, in plain sentences.
timeline-title = Timeline
timeline-lead = Everything that happened with your data. The newest comes first.
timeline-filter = Show
timeline-all = Everything
timeline-choices = Your choices
timeline-uses = Use
timeline-disclosures = Passed on
timeline-events = What you did
timeline-account = How we know you
timeline-days = { $count ->
    [one] 1 day
   *[other] { $count } days
}
timeline-span = { $first } to { $last }
timeline-each = On each of these { $count } days: { $text }
timeline-which-days = Which days?
timeline-empty = Nothing happened here.
timeline-empty-kind = Nothing of this kind happened.
timeline-more = Show more
timeline-end = There is nothing older.
timeline-link-text = What happened with your data, day by day.
told-given = You allowed “{ $purpose }”, with { $categories }: { $until }.
told-given-others = You allowed “{ $purpose }”, with { $categories }, also for { $names }: { $until }.
told-refused = You said no to “{ $purpose }”.
told-withdrawn = You stopped “{ $purpose }”.
told-left-behind = You took your device along, and left your permission for “{ $purpose }” behind. It stopped.
told-ended-by-join = What we had of you in two places became one. Your permission for “{ $purpose }” stopped: it was not allowed in both.
told-invalidated = We ended your permission for “{ $purpose }”.
told-used-up = Your one-time permission was used, for “{ $purpose }”.
told-visit-ended = Your visit was over. Your permission for “{ $purpose }” stopped with it.
told-objected = You objected to “{ $purpose }”.
told-objection-ended = You took back your objection to “{ $purpose }”.
told-objection-upheld = We considered your objection to “{ $purpose }”. You are right: we no longer do this.
told-objection-overruled = We considered your objection to “{ $purpose }”. It goes on, and you heard why.
told-chose = You made a choice about “{ $purpose }”.
told-information-ended-no = What you had told us for “{ $purpose }” stopped with it: { $item }.
told-information-ended-consenter = What you had told us for “{ $purpose }” stopped: { $item }. From then on somebody else chooses, so it is asked anew.
told-information-ended = What you told stopped: { $item }. We changed what you told it for: “{ $purpose }”.
told-by-browser = Your browser said so. What you allow here yourself comes first.
told-by-guardian = Your parent or guardian chose this.
told-by-staff = A colleague recorded this for you.
told-by-source = A system of the shop recorded this.
told-consenter-customer = You said that you may choose yourself.
told-consenter-age = You said that you are { $years } or older.
told-consenter-guardian = It was said that your parent or guardian chooses for you.
told-part-all = all your data
told-contested = You asked a person to look at a decision: “{ $purpose }”.
told-contest-upheld = A person looked at a decision, as you asked: “{ $purpose }”. The decision stands.
told-contest-changed = A person looked at a decision, as you asked: “{ $purpose }”. The decision was changed.
told-part-purpose = your data for “{ $purpose }”
told-part-both = { $categories }, for “{ $purpose }”
told-restricted = You put this on hold: { $part }.
told-lift-told = We told you that we will use this again: { $part }.
told-lifted = This may be used again: { $part }.
told-stated = You told us { $item }, for “{ $purpose }”: { $until }.
told-stated-others = You told us { $item }, for “{ $purpose }”, to be used by { $names }: { $until }.
told-hidden = You hid { $item }.
told-unstated = You took { $item } back.
told-unstated-left = You took your device along, and left behind what you told there: { $item }. That is gone.
told-visit-over = Your visit was over. What you told stopped with it: { $item }.
told-previewed = You looked at the difference with and without { $categories }, for “{ $purpose }”. We kept nothing of that.
told-used = That day we used { $categories } { $count ->
    [one] once
   *[other] { $count } times
} for “{ $purpose }”.
told-used-by = { $recipient } used { $categories } { $count ->
    [one] once
   *[other] { $count } times
} that day for “{ $purpose }”.
told-blocked = That day we held back { $categories } { $count ->
    [one] once
   *[other] { $count } times
} for “{ $purpose }”, because it was not allowed. Nothing was used.
told-disclosed = We gave { $categories } to { $recipient }, for “{ $purpose }”.
told-ground-consent = Because you allowed that.
told-ground-contract = That was needed for what you agreed with us.
told-ground-law = The law requires that of us.
told-ground-interest = That is allowed as long as you do not say no.
told-reference = Reference: { $reference }.
told-page-viewed = You looked at { $count ->
    [one] 1 page
   *[other] { $count } pages
}.
told-product-viewed = You looked at a product { $count ->
    [one] once
   *[other] { $count } times
}.
told-product-added = You put something in your basket { $count ->
    [one] once
   *[other] { $count } times
}.
told-product-removed = You took something out of your basket { $count ->
    [one] once
   *[other] { $count } times
}.
told-searched = You searched for something { $count ->
    [one] once
   *[other] { $count } times
}.
told-bought = You made { $count ->
    [one] 1 purchase
   *[other] { $count } purchases
}.
told-refunded = You got money back { $count ->
    [one] once
   *[other] { $count } times
}.
told-heard-from = We heard that from { $sources }.
told-provided = { $source } passed on: { $categories }.
told-opened-user = We came to know you as a customer, through { $source }.
told-opened-device = We saw your device for the first time, through { $source }.
told-linked-user = Your customer number was linked to you, through { $source }.
told-linked-device = Your device was linked to you, through { $source }.
told-joined = What we had of you in two places was put together.

# Where do my data go?
flow-title = Where does my data go?
flow-lead = { $count ->
    [0] Your data was not used in the last { $days } days. You see what may be used.
    [one] Your data was used once in the last { $days } days.
   *[other] Your data was used { $count } times in the last { $days } days.
}
flow-empty = We have nothing of you yet. So nothing goes anywhere.
flow-picture = Drawing: from source to data, purpose and recipient. The same routes are described below in words and in a table.
flow-thicker = The thicker the line, the more often.
flow-computers = { $count ->
    [one] { $names } works on all of this data because we ask for it.
   *[other] { $names } work on all of this data because we ask for it.
} Only for us, and for nothing else.
flow-computers-beside = with { $names }
flow-source = Where it comes from
flow-kind = What it is
flow-purpose = What for
flow-who = Who gets it
flow-ground = Why it is allowed
flow-times = Times in 30 days
flow-consent = you allow it
flow-order = needed for your order
flow-interest = unless you say no
flow-law = the law requires it
flow-blocked = held back
flow-other = Other
flow-rest = { $count ->
    [one] 1 more route. See the table.
   *[other] { $count } more routes. See the table.
}
flow-yourself = you
flow-nothing = not kept
flow-unused = { $count ->
    [one] 1 more route that is allowed but was not used in 30 days
   *[other] { $count } more routes that are allowed but were not used in 30 days
}
flow-ways = Every route in words
flow-ways-text = For each route you can read what happened. You can stop it at once.
flow-table = Show as a table
flow-is-off = is off
flow-say-used = We used { $categories } { $count ->
    [one] once
   *[other] { $count } times
} for “{ $purpose }”, in { $days } days.
flow-say-given = We gave { $categories } to { $recipient } { $count ->
    [one] once
   *[other] { $count } times
}, for “{ $purpose }”, in { $days } days.
flow-say-unused = We may use { $categories } for “{ $purpose }”. In { $days } days we did not.
flow-say-blocked = { $count ->
    [one] Once
   *[other] { $count } times
} we held back { $categories } for “{ $purpose }”, in { $days } days. Nothing was used.
flow-link-text = A drawing: from whom, what, what for, to whom.
