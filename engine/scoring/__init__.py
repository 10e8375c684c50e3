# SPDX-License-Identifier: Apache-2.0
"""What annotations say, and how far a pipeline says what gold says.

Import the files; this door imports nothing of them, so that workers without an engine can compare
annotations.

- `units`: what an annotation says as sets of units, and counts with precision, recall and F1
- `unit_pairs`: what a pipeline says of an example beside what gold says
- `example_scorer`: scores of any attribute, as people ask for them by name
- `documented_scores`: counters that people's own scorers add to
- `scorer`: scores of tokens, sentences, entities, trees; `categories`: of text categories; `ruler_scores`: of
  components that follow rules
"""
