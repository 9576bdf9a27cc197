// What a file says of consent to texts, in its headers and in its cells, whatever words it has for it.
//
// Sources: the headers of exports of Shopify, Klaviyo, HubSpot, Mailchimp, Attentive, Postscript, Omnisend,
// Brevo, Square, Salesforce and Dynamics as of 2026, and the words that people write into sheets in English,
// Spanish, French, Portuguese, German, Italian and Dutch. Case, accents, blanks, dashes and underscores do
// not count, and "SmsConsent" is two words.
//
// The rule in doubt is that a lost no costs more than one too many: negations decide, a no may be part of a
// sentence, a yes must be the whole cell. What is said of e-mail, WhatsApp, push messages or letters alone is
// nothing said of texts; "do not call" is, for a text is a call (47 USC 227; FCC 03-153, paragraph 165).
#pragma once

#include <string_view>

namespace smscrm {

enum class ConsentColumn {
  none,
  texts,       // consent to texts by name, "Accepts SMS Marketing": yes is yes and no is no
  unnamed,     // consent to something, "Subscribed": no is no, yes is not yet one to texts
  opt_out,     // "Do Not Contact": yes is a no, no says nothing
  opt_out_at,  // "Unsubscribed At": whatever is in it is a no
};

ConsentColumn classify_consent_header(std::string_view header);

// Whether the header is of another way to reach people, "Email status", so that none of its cells is on
// texts.
bool names_other_channel(std::string_view header);

enum class ConsentWord {
  nothing,  // blank, or as good as that: "n/a", "NULL"
  yes,      // may be texted
  no,       // must not be
  unclear,
};

// Of a cell, by what its column is; of ConsentColumn::none as of texts.
ConsentWord read_consent_cell(std::string_view cell, ConsentColumn column);

// Whether a cell says no to texts by itself, wherever it stands: "unsubscribed", "do not text".
bool says_no(std::string_view cell);

}  // namespace smscrm
