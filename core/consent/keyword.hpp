// What an inbound text asks for by a keyword alone.
#pragma once

#include <string_view>

namespace smscrm {

enum class Keyword { none, stop, start, help };

// The whole text must be the keyword; sentences ("please stop texting me") are none.
//
// stop  STOP, STOPALL, UNSUBSCRIBE, END, QUIT, CANCEL, REVOKE, OPTOUT (Twilio's default list) and the words
//       for the same in some seventy languages and their scripts (core/consent/stop_words.hpp). 47
//       CFR 64.1200(a)(10) binds the sender to any reasonable means of revoking, so case, accents,
//       look-alikes
//       ("ＳＴＯＰ", "ЅТОР") and everything but letters and digits are ignored: "Stop.", "\"STOP\"", "opt
//       out", "Arrêt !", "🙏 стоп". Twilio itself only knows the bare word, so a number that is stopped here
//       may still be open there: our ledger is what counts.
// start START, UNSTOP, YES: the bare word in any case, blanks around it allowed, as Twilio takes it. An
//       opt-in is never guessed. YES answers many questions: the caller takes it as start only when the
//       number is opted out. In other languages: is_foreign_start.
// help  HELP, INFO and their translations, read as leniently as stop.
Keyword classify_keyword(std::string_view text);

// Whether it is one of those that a tenant may give no other meaning: START, HELP, and STOP as Twilio and the
// languages of core/consent/stop_words.hpp's first list have it. The tenant's own keywords go before others.
bool is_reserved_keyword(std::string_view text);

// Whether the text is a word that asks for texts again in Spanish, French, Portuguese or German: the bare
// word, case and accents ignored, blanks around it allowed. classify_keyword calls all of these none.
//
//   es  ALTA, COMENZAR, EMPEZAR, INICIAR, REANUDAR, SUSCRIBIR, SUSCRIBIRME
//   fr  ABONNER, COMMENCER, DEMARRER, INSCRIRE, REABONNER, REINSCRIRE, REPRENDRE
//   pt  CADASTRAR, COMECAR, INICIAR, INSCREVER, RECOMECAR, RETOMAR
//   de  ABONNIEREN, ANMELDEN, EINTRAGEN, FORTSETZEN, STARTEN
//
// Chosen: what translates START and "resume", and the opposites of the words that stop (BAJA, DESABONNER,
// DESCADASTRAR, ABMELDEN). Left out: what is a mere yes (SI, OUI, SIM, JA), what answers "shall we go on?"
// (CONTINUAR, CONTINUER, WEITER), what orders or activates a thing (BESTELLEN, ACTIVAR), and nouns that may
// be questions (INICIO, ABONNEMENT).
//
// They mean other things to whoever is opted in, or to a tenant who gave one a meaning of its own. So the
// caller takes one as start only when the number is opted out and the word is no keyword of the tenant's
// (core/inbox/keyword_reply.hpp), which may take these, unlike the others.
bool is_foreign_start(std::string_view text);

}  // namespace smscrm
