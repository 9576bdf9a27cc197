// What an inbound text asks for by a keyword alone.
#pragma once

#include <string_view>

namespace smscrm {

enum class Keyword { none, stop, start, help };

// The whole text must be the keyword; sentences ("please stop texting me") are none.
//
// stop  STOP, STOPALL, UNSUBSCRIBE, END, QUIT, CANCEL, REVOKE, OPTOUT (Twilio's default list) and the
// Spanish, French,
//       Portuguese and German words for the same (ALTO, BAJA, ARRET, SAIR, ABMELDEN ...). 47
//       CFR 64.1200(a)(10) binds the sender to any reasonable means of revoking, so case, accents and
//       everything but letters and digits are ignored: "Stop.", "\"STOP\"", "opt out", "Arrêt !". Twilio
//       itself only knows the bare word, so a number that is stopped here may still be open there: our ledger
//       is what counts.
// start START, UNSTOP, YES: the bare word in any case, blanks around it allowed, as Twilio takes it. An
// opt-in is never
//       guessed. YES answers many questions: the caller takes it as start only when the number is opted out.
// help  HELP, INFO and their translations, read as leniently as stop.
Keyword classify_keyword(std::string_view text);

}  // namespace smscrm
