# SPDX-License-Identifier: Apache-2.0
"""The web console: look at annotations, correct them, see a correction go live, decide about versions. One
process without an engine; `freshet console` starts it.

server      a console from its settings until it is stopped
console     what all pages share: tails, window, answers, progress, registry
app         routes, roles, pages; api/ has one file a resource
assets      pages and files as they are served
guard       hosts, origins, types, sizes, people, and the headers of each answer
sessions    links to log in, cookies, tokens, roles
tail        one topic, sampled or whole; window: the annotations that came last, and some of the last hour
events      what happens, to each browser that listens
queues      orders of work; shares: overlap and blind; leases: who has which text now
answers     an answer as records; publisher: their way into the log
ledger      all answers by text; overlap decided
progress    what became of a correction; watch: the registry as it changes
people      who was at work here lately
agreement   how far people agree, with intervals
lag         how far groups are behind, in records and seconds
opinions    two versions' answers, by `second_opinion`, a child process and the only file with an engine
static/     pages, styles and plain modules; vendor/ is uPlot, MIT
"""
