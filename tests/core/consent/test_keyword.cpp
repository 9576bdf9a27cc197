#include <doctest/doctest.h>

#include "core/consent/keyword.hpp"

using namespace smscrm;

TEST_CASE("Twilio's keywords are known in any case, with blanks around") {
  for (const char* text :
       {"STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "CANCEL", "REVOKE", "OPTOUT", " stop\r\n", "Stop"}) {
    CAPTURE(text);
    CHECK(classify_keyword(text) == Keyword::stop);
  }
  for (const char* text : {"START", "YES", "UNSTOP", "yes", " Start "}) {
    CAPTURE(text);
    CHECK(classify_keyword(text) == Keyword::start);
  }
  for (const char* text : {"HELP", "INFO", "help", "Help?", "info!"}) {
    CAPTURE(text);
    CHECK(classify_keyword(text) == Keyword::help);
  }
}

TEST_CASE("a stop counts however it is punctuated, spelled apart or accented") {
  for (const char* text :
       {"Stop.",    "STOP!!!",     "\"STOP\"", "“Stop”",     "«stop»",   "¡Alto!",           "opt out",
        "opt-out",  "Stop All",    "S.T.O.P.", "STOP 🛑",  "❌stop❌",   "\u200Bstop\uFEFF", "stop\u00A0",
        "Arrêt",    "ARRE\u0302T", "arrêter",  "Désabonner", "kündigen", "Kuendigen",        "stopp",
        "ABMELDEN", "sair",        "PARAR",    "baja",       "cancelar", "DESINSCRIPTION"}) {
    CAPTURE(text);
    CHECK(classify_keyword(text) == Keyword::stop);
  }
  CHECK(classify_keyword("¿Ayuda?") == Keyword::help);
}

TEST_CASE("a stop counts in other languages and scripts, and in letters that only look so") {
  for (const char* text : {"стоп",
                           "Отписаться!",
                           "ВІДПИСАТИСЯ",
                           "ΣΤΟΠ",
                           "διαγραφή",
                           "توقف",
                           "إلغاء الاشتراك",
                           "لغو",
                           "הסר",
                           "बंद करो",
                           "বন্ধ করুন",
                           "退订",
                           "停止。",
                           "配信停止",
                           "やめてください",
                           "수신거부",
                           "หยุด",
                           "ยกเลิก",
                           "dừng",
                           "HỦY",
                           "İPTAL",
                           "çıkış",
                           "wypisz mnie",
                           "afmelden",
                           "disiscrivi",
                           "lopeta",
                           "odhlásit",
                           "leiratkozás",
                           "berhenti",
                           "unreg",
                           "ＳＴＯＰ",
                           "𝗦𝗧𝗢𝗣",
                           "ЅТОР",
                           "Ⓢⓣⓞⓟ",
                           "\u3164STOP\u2800",
                           "🙏 стоп 🙏"}) {
    CAPTURE(text);
    CHECK(classify_keyword(text) == Keyword::stop);
  }
  CHECK(is_reserved_keyword("stop"));
  CHECK(is_reserved_keyword("baja"));
  CHECK(is_reserved_keyword("YES"));
  CHECK_FALSE(is_reserved_keyword("стоп"));
  CHECK_FALSE(is_reserved_keyword("hello"));
  for (const char* text : {"Huy", "dung", "peru", "stop þ", "закажу стоп"})
    CHECK(classify_keyword(text) == Keyword::none);
}

TEST_CASE("an opt-in is never guessed") {
  for (const char* text :
       {"Yes?", "\"start\"", "un stop", "Start!", "yes please", "yés", "sí", "oui", "sim", "ja"}) {
    CAPTURE(text);
    CHECK(classify_keyword(text) == Keyword::none);
    CHECK_FALSE(is_foreign_start(text));
  }
}

TEST_CASE("words of other languages that ask for texts again are told apart from START") {
  for (const char* text :
       {"ALTA",      "Iniciar",    "reanudar",   "SUSCRIBIR",  "suscribirme",    "comenzar",
        "empezar",   "abonner",    "commencer",  "démarrer",   "De\u0301marrer", "REABONNER",
        "Réabonner", "inscrire",   "réinscrire", "REPRENDRE",  "cadastrar",      "COMECAR",
        "começar",   "recomeçar",  "inscrever",  "retomar",    "STARTEN",        "anmelden",
        "eintragen", "abonnieren", "fortsetzen", " Alta \r\n", "ＡＬＴＡ"}) {
    CAPTURE(text);
    CHECK(is_foreign_start(text));
    CHECK(classify_keyword(text) == Keyword::none);
  }
  for (const char* text :
       {"",          "alta!",     "¿alta?",    "\"iniciar\"", "dar de alta",    "alta 🙂",
        "a l t a",   "s'abonner", "altas",     "baja",        "anmeldung",      "abmelden",
        "bestellen", "weiter",    "continuar", "continuer",   "activar",        "START",
        "stop",      "unstop",    "alta\xff",  "старт",       "iniciar sesion", "abonnementabonnement"}) {
    CAPTURE(text);
    CHECK_FALSE(is_foreign_start(text));
  }
}

TEST_CASE("anything else is none") {
  for (const char* text : {"", " ", "!!!", "stop it", "please stop", "nonstop", "STOP1", "2", "ok", "endless",
                           "×", "stop þ", "\xff", "stop\xff", "informationinformationinformation"}) {
    CAPTURE(text);
    CHECK(classify_keyword(text) == Keyword::none);
  }
}
