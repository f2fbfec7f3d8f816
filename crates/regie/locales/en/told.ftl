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
timeline-empty = Nothing happened here.
timeline-empty-kind = Nothing of this kind happened.
timeline-more = Show more
timeline-end = There is nothing older.
timeline-link-text = What happened with your data, day by day.
told-given = You allowed { $purpose }, from { $categories }: { $until }.
told-given-others = You allowed { $purpose }, from { $categories }, also for { $names }: { $until }.
told-refused = You said no to { $purpose }.
told-withdrawn = You stopped { $purpose }.
told-invalidated = We let your permission lapse for { $purpose }.
told-information-ended = What you told stopped: { $item }. We changed what you told it for ({ $purpose }).
told-by-browser = Your browser said so. What you allow here yourself goes before it.
told-used-up = Your permission for once was used, for { $purpose }.
told-visit-ended = Your visit was over. Then your permission stopped for { $purpose }.
told-objected = You objected to { $purpose }.
told-objection-ended = You agreed to { $purpose } again.
told-objection-upheld = We weighed your objection. You are right: { $purpose } has stopped.
told-objection-overruled = We weighed your objection to { $purpose }. It goes on, and you heard why.
told-chose = You made a choice about { $purpose }.
told-by-guardian = Your parent or guardian chose this.
told-by-staff = A colleague recorded this for you.
told-by-source = A system of the shop recorded this.
told-consenter-customer = You said that you may choose yourself.
told-consenter-guardian = It was said that your parent or guardian chooses for you.
told-part-all = all your data
told-part-purpose = your data for { $purpose }
told-part-both = { $categories } for { $purpose }
told-contested = You contested a decision: { $purpose }.
told-contest-upheld = A person looked at your contest about { $purpose }. The decision stands.
told-contest-changed = A person looked at your contest about { $purpose }. The decision was changed.
told-restricted = You put { $part } on hold.
told-lift-told = We told you that { $part } will be used again.
told-lifted = { $part } may be used again.
told-stated = You told us { $item }, to be used for { $purpose }: { $until }.
told-hidden = You hid { $item }.
told-unstated = You took { $item } back.
told-previewed = You had us show what { $purpose } would do with { $categories }. We kept nothing of it.
told-used = We used { $categories } { $count ->
    [one] once
   *[other] { $count } times
} for { $purpose }.
told-used-by = { $recipient } used { $categories } { $count ->
    [one] once
   *[other] { $count } times
} for { $purpose }.
told-blocked = We held back { $categories } { $count ->
    [one] once
   *[other] { $count } times
} for { $purpose }, because it was not allowed. Nothing was used.
told-disclosed = We gave { $categories } to { $recipient }, for { $purpose }.
told-ground-consent = Because you allowed that.
told-ground-contract = That was needed for what you agreed with us.
told-ground-law = The law demands that of us.
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
flow-title = Where do my data go?
flow-lead = { $count ->
    [0] In the last { $days } days your data were not used. You see what may be used.
    [one] In the last { $days } days your data were used once. The thicker the line, the more often.
   *[other] In the last { $days } days your data were used { $count } times. The thicker the line, the more often.
}
flow-empty = We have nothing of you yet. So nothing goes anywhere.
flow-picture = Drawing: from source to data, purpose and recipient. The same ways stand below in words and as a table.
flow-source = Where it comes from
flow-kind = What it is
flow-purpose = What for
flow-who = Who gets it
flow-ground = Why it is allowed
flow-times = Times in 30 days
flow-consent = you allow it
flow-order = needed for your order
flow-interest = unless you say no
flow-law = the law demands it
flow-blocked = held back
flow-other = Other
flow-rest = { $count ->
    [one] 1 more way. See the table.
   *[other] { $count } more ways. See the table.
}
flow-yourself = you yourself
flow-nothing = nothing of it is kept
flow-unused = { $count ->
    [one] 1 more way that is allowed, but was not used in 30 days
   *[other] { $count } more ways that are allowed, but were not used in 30 days
}
flow-ways = Each way in words
flow-ways-text = For each way you read what happened. You can stop at once.
flow-table = Show as a table
flow-is-off = is off
flow-say-used = We used { $categories } { $count ->
    [one] once
   *[other] { $count } times
} for { $purpose }, in { $days } days.
flow-say-given = We gave { $categories } to { $recipient } { $count ->
    [one] once
   *[other] { $count } times
}, for { $purpose }, in { $days } days.
flow-say-unused = We may use { $categories } for { $purpose }. In { $days } days we did not.
flow-say-blocked = { $count ->
    [one] Once
   *[other] { $count } times
} we held back { $categories } for { $purpose }, in { $days } days. Nothing was used.
flow-link-text = A drawing: from whom, what, what for, to whom.
