# The register of processing, the privacy notice and the beginning of a DPIA.
reg-title = Register of processing
reg-lead = Under Article 30 GDPR. Made from the policy, version { $version }.
reg-lead-seen = Held against what the data show. This is about everything that goes through this system; use in the last half hour does not count yet.
reg-lead-unseen = Not held against data: name a data folder for that.
reg-controller = Controller
reg-officer = Data protection officer
reg-authority = Supervisory authority
reg-subjects = Data subjects
reg-subjects-text = Customers of the shop, known and unknown.
reg-differences = Differences between policy and practice
reg-no-differences = No differences were found.
reg-purposes = Purposes
reg-categories = Categories of data
reg-recipients = Recipients
reg-sources = Sources
reg-measures = Security
reg-basis = Legal basis
reg-article = GDPR, article
reg-data = Data
reg-term = Retention
reg-used = Used
reg-denied = denied
reg-kept = Kept
reg-special = special
reg-role = Role
reg-country = Country
reg-transfer = Transfer
reg-channels = Channels
reg-weighing = Weighing of interests
reg-from = From
reg-basis-consent = consent
reg-basis-contract = contract
reg-basis-law = legal obligation
reg-basis-interest = legitimate interest
reg-role-retailer = the shop itself
reg-role-processor = processor
reg-role-third = third party
reg-not-kept = not kept
reg-years = { $count ->
    [one] 1 year
   *[other] { $count } years
}
reg-years-from-end = { $count } years from the end of the year
reg-months = { $count ->
    [one] 1 month
   *[other] { $count } months
}
reg-days = { $count ->
    [one] 1 day
   *[other] { $count } days
}
reg-diff-never-used = Collected, but never used: { $name }.
reg-diff-never-collected = Declared, but never collected: { $name }.
reg-diff-without-purpose = Declared without a purpose, so never kept: { $name }.
reg-diff-purpose-unused = Nothing was ever used for: { $name }.
reg-diff-recipient-unserved = Never got anything: { $name }.
reg-diff-undeclared = Seen, but not declared: { $name }.
reg-measure-sealed = Each customer's data are encrypted with a key of their own, which lies apart from the data.
reg-measure-decide = Each use asks whether it may happen. A permission that ended or was withdrawn counts no more at the very next use.
reg-measure-erase = Erasing takes rows, derived data, what the model learned and the key. What a law keeps stays field by field, with its end.
reg-measure-once = Each disclosure to somebody else is recorded before the data leave.
reg-measure-ledger = Consents, withdrawals and disclosures get a leaf in a ledger that cannot be changed unnoticed.
reg-measure-logs = Logs, error messages and addresses hold no personal data.
reg-measure-portal = In My data, customers see and change themselves what may happen, and until when.

notice-title = Privacy notice
notice-lead = What { $controller } does with your data, why, how long, and what you can do.
notice-who = Who are we?
notice-who-text = { $controller } decides what your data are used for. Write to { $contact }.
notice-officer-text = Questions about your data are answered by { $officer }: { $contact }.
notice-purposes = What do we use your data for?
notice-we-use = We use
notice-ground = Why that is allowed
notice-keep = How long
notice-gets = Who gets it
notice-refuse = And if you say no?
notice-categories = Which data?
notice-from = Where they come from
notice-from-text = From you, and from these systems:
notice-recipients = Who gets anything?
notice-outside = Outside the EU, on the ground of { $transfer }.
notice-rights = What can you do?
notice-right-access = See your data, and take them with you.
notice-right-change = Have them corrected, restricted or erased.
notice-right-object = Object to what we do without your permission. Against advertising that always helps, at once.
notice-right-withdraw = Withdraw your permission at any moment, as easily as you gave it. What happened before stays lawful.
notice-right-how = You can do that in My data, or write to us. We answer within a month.
notice-complain = You do not agree with us? You can complain to { $authority }: { $contact }.
notice-decisions = Decisions by a computer
notice-decisions-text = We choose tips by counting what is often bought together, and what you bought before. They have no effect on what you may do or what you pay. Each tip says why you see it.
notice-minors = Are you younger than { $age }? Then your parent or guardian chooses what may happen.
notice-version = Version { $version }.

dpia-title = Data protection impact assessment (DPIA): a beginning
dpia-lead = Made from the policy, version { $version }. What stands in [brackets] is for a person to fill in.
dpia-describe = 1. What happens?
dpia-why = 2. Why a DPIA?
dpia-why-text = This follows from the policy itself. Two or more usually mean that a DPIA is required.
dpia-profiling = Profiles are made.
dpia-special = Special categories of data may be used.
dpia-vulnerable = There are children among the customers.
dpia-matching = Data from different sources come together.
dpia-large = It is about many people.
dpia-transfer = Data leave the EU.
dpia-records = Records in the data folder: { $count }.
dpia-need = 3. Is it necessary, and not too much?
dpia-need-question = [Could it be done with fewer data, for a shorter time, or without?]
dpia-risks = 4. Risks
dpia-risk = Risk
dpia-chance = Likelihood
dpia-harm = Severity
dpia-measure = Measure
dpia-fill = [fill in]
dpia-risk-access = Somebody sees data that are not for them.
dpia-risk-wrong = A conclusion about a customer is wrong.
dpia-risk-sensitive = A purchase reveals something sensitive.
dpia-risk-beyond = Data are used for something else.
dpia-risk-longer = Data stay longer than they may.
dpia-risk-outside = A recipient does something with the data that it may not.
dpia-measures = 5. What is done already
dpia-gaps = 6. Differences between policy and practice
dpia-ask = 7. Who was asked?
dpia-ask-officer = Advice of { $officer }: [fill in]
dpia-ask-customers = What customers think of it: [fill in]
dpia-decide = 8. Decision
dpia-decide-text = [Which risk remains? Who decided, and when? When do we look again?]
