-- What of a text was not its sender's own (core/consent/own_words.hpp), a line each; empty: nothing.
ALTER TABLE inbound ADD COLUMN not_own text NOT NULL DEFAULT '';

-- A tenant's own stop words, which may be of any script.
ALTER TABLE keyword ADD COLUMN stops boolean NOT NULL DEFAULT false;
ALTER TABLE keyword DROP CONSTRAINT keyword_check;  -- one that stops needs neither reply nor list
ALTER TABLE keyword ADD CONSTRAINT keyword_does_something CHECK (reply <> '' OR list_id IS NOT NULL OR stops);
ALTER TABLE keyword ADD CONSTRAINT keyword_stops_or_joins CHECK (NOT (stops AND list_id IS NOT NULL));
ALTER TABLE keyword DROP CONSTRAINT keyword_word_check;
ALTER TABLE keyword ADD CONSTRAINT keyword_word_check
  CHECK (char_length(word) BETWEEN 1 AND 32 AND word !~ '[[:space:]]');
