#include "core/consent/stop_words.hpp"

#include <algorithm>
#include <iterator>

namespace smscrm {
namespace {

constexpr std::string_view reserved[] = {
    "abbestellen",    "abmelden",    "alto",        "annuler",  "arret",         "arreter",    "arretez",
    "austragen",      "baja",        "cancel",      "cancelar", "desabonnement", "desabonner", "descadastrar",
    "desinscription", "desinscrire", "desuscribir", "detener",  "end",           "ende",       "fin",
    "kuendigen",      "kundigen",    "optout",      "parar",    "pare",          "quit",       "remover",
    "revoke",         "sair",        "salir",       "stop",     "stopall",       "stopp",      "unsubscribe"};
static_assert(std::is_sorted(std::begin(reserved), std::end(reserved)));

// By language. What is a mere "no", "enough" or a name is left to the rules (core/consent/opt_out_rules.hpp).
// clang-format off: what it reckons as the width of other scripts tears the lists apart
constexpr std::string_view world[] = {
    // English, as carriers and shops print it
    "stop all|stop sms|stop text|stop texts|stop messages|unsub|opt me out|remove me|unsubscribe me|"
    "unsubscribe all|stopalltexts",
    // Spanish, Catalan, Basque
    "desuscribirme|darme de baja|dar de baja|eliminar suscripcion|no molestar|cancelar suscripcion|"
    "detenganse|aturar|atura|donar de baixa|gelditu",
    // French, Haitian
    "stopper|désabonne|désabonnez|désinscris|désinscrivez|se désabonner|stop pub|sispann|kanpe",
    // Portuguese
    "parem|descadastre|desinscrever|cancelar inscrição|remover número|sair da lista",
    // German
    "abmeldung|beenden|stoppen|abbestellung|austragung|aufhören|widerruf",
    // Italian
    "annulla|cancella|cancellami|disiscrivi|disiscrivimi|disiscriviti|disiscrizione|disdici|disdetta|"
    "ferma|fermati|rimuovi|rimuovimi|esci|annulla iscrizione|cancella iscrizione|interrompi",
    // Dutch, Afrikaans
    "afmelden|afmelding|uitschrijven|uitschrijving|opzeggen|stoppen|stop ermee|meld af|schrijf uit|"
    "hou op|staak",
    // Polish
    "wypisz|wypisz mnie|rezygnuję|rezygnacja|zatrzymaj|wyrejestruj|anuluj|koniec|wycofuję zgodę|"
    "usuń mnie|nie wysyłać|nie wysyłaj|przestań|zakończ",
    // Swedish, Danish, Norwegian, Icelandic, Finnish, Estonian, Latvian, Lithuanian
    "avsluta|avregistrera|avanmäl|avanmälan|sluta|afmeld|frameld|afslut|ophør|avslutt|avmeld|meld av|"
    "slutt|hætta|lopeta|peruuta|poista|lõpeta|loobu|beigt|apturēt|pārtraukt|atsisakau|atsisakyti|"
    "sustabdyti|baigti",
    // Czech, Slovak, Hungarian, Romanian
    "odhlásit|odhlásiť|odhlaste|zrušit|zrušiť|zastavit|zastaviť|neposílat|neposielať|leiratkozás|"
    "leiratkozom|leiratkozok|leiratkozni|állj|töröl|törlés|dezabonare|dezabonează|dezaboneaza-ma|"
    "oprește|opreste|opriti|anulare|renunț",
    // Croatian, Serbian, Bosnian, Slovene, Albanian
    "odjava|odjavi|odjavi me|odjavite me|odjavi se|stani|prekini|prekid|odjaviti|прекини|одјава|"
    "одјави|ndalo|çregjistrohu",
    // Russian, Ukrainian, Bulgarian, Belarusian, Mongolian, Kazakh
    "стоп|отписаться|отписка|отпишите|отпишите меня|отписать|отказ|отказаться|отказываюсь|отмена|"
    "отменить|прекратить|прекратите|хватит|перестаньте|удалить|стоп смс|не писать|не беспокоить|"
    "конец рассылки|відписатися|відписатись|відпишіть|відпишіть мене|відписка|відмова|відмовитися|"
    "відмовляюсь|зупинити|зупиніть|припинити|припиніть|досить|скасувати|спри|спрете|отпиши|отпиши ме|"
    "отписване|отпишете ме|адпісацца|спыніць|зогсоох|зогс|тоқта|тоқтату",
    // Greek
    "στοπ|διαγραφή|διακοπή|ακύρωση|κατάργηση|σταμάτα|σταματήστε|απεγγραφή|διαγραφή από λίστα|τέλος|"
    "λήξη",
    // Armenian, Georgian
    "ստոպ|դադարեցնել|դադարեցրեք|კმარა|სტოპ|შეწყვეტა|შეწყვიტეთ",
    // Turkish, Azerbaijani, Uzbek
    "dur|durdur|durdurun|iptal|iptal et|ret|çıkış|abonelikten çık|listeden çık|dayandır|dayan|"
    "ləğv et|to'xtat|toxtat",
    // Arabic, Persian, Urdu, Kurdish
    "توقف|إيقاف|أوقف|اوقفوا|قف|إلغاء|إلغاء الاشتراك|الغاء الاشتراك|الغي الاشتراك|ستوب|إنهاء|كفى|"
    "لا ترسل|لا ترسلوا|أوقف الرسائل|إيقاف الرسائل|حذف|لغو|لغو اشتراک|لغو عضویت|انصراف|توقف ارسال|قطع|"
    "خاموش|بند کریں|بند کرو|روکیں|روکو|بند|رابگرە|ڕابگرە",
    // Hebrew
    "הסר|הסרה|להסרה|הסר אותי|הסירו|הסירו אותי|תסירו אותי|תורידו אותי|הפסק|הפסיקו|תפסיקו|תפסיק|עצור|"
    "עצרו|סטופ|ביטול|בטל|בטלו|ביטול הרשמה|מחק|מחקו אותי",
    // Hindi, Marathi, Nepali, Bengali, Punjabi, Gujarati, Tamil, Telugu, Kannada, Malayalam, Sinhala
    "बंद|बंद करो|बंद करें|बंद कीजिए|बन्द करो|बन्द करें|रोको|रोकें|रोकिए|रुको|स्टॉप|रद्द|रद्द करें|हटाओ|"
    "हटाएं|सदस्यता समाप्त|सदस्यता रद्द करें|band karo|band kar do|band kijiye|बंद करा|थांबा|थांबवा|"
    "रोक्नुहोस्|बन्द गर्नुहोस्|বন্ধ|বন্ধ করুন|বন্ধ করো|থামুন|থামাও|স্টপ|বাতিল|ਬੰਦ ਕਰੋ|ਬੰਦ|ਰੋਕੋ|બંધ|બંધ કરો|"
    "રોકો|நிறுத்து|நிறுத்தவும்|நிறுத்துங்கள்|ரத்து|ఆపు|ఆపండి|నిలిపివేయి|రద్దు|ನಿಲ್ಲಿಸಿ|ನಿಲ್ಲಿಸು|ರದ್ದುಮಾಡಿ|"
    "നിർത്തുക|നിർത്തൂ|റദ്ദാക്കുക|නවත්වන්න|නවතන්න",
    // Chinese; TD and T as carriers there have people answer (回TD退订)
    "停|停止|终止|終止|退订|退訂|取消|取消订阅|取消訂閱|停止订阅|停止訂閱|拒收|退出|停发|停發|"
    "停止发送|停止發送|停止接收|解除订阅|不要再发|不要再發|不要再发了|不要再發了|别发了|別發了|"
    "不要发了|不要發了|别再发了|別再發了|別再傳了|不要再傳了|td|tdall",
    // Japanese
    "停止|配信停止|配信解除|解除|登録解除|受信拒否|ストップ|中止|退会|解約|キャンセル|終了|やめて|"
    "やめてください|止めて|止めてください|停止してください|停止希望|配信停止希望|拒否",
    // Korean
    "중지|정지|수신거부|거부|취소|그만|해지|스톱|스탑|중단|구독취소|구독해지|탈퇴|차단|그만해|"
    "그만해요|그만하세요|그만보내세요|보내지마세요|보내지 마|수신 거부|무료수신거부",
    // Thai, Lao, Khmer, Burmese
    "หยุด|ยกเลิก|เลิก|หยุดส่ง|เลิกส่ง|เลิกรับ|ยกเลิกข้อความ|ยกเลิกสมาชิก|ไม่รับ|สต็อป|สต๊อป|หยุดข้อความ|ຢຸດ|"
    "ຍົກເລີກ|ឈប់|បញ្ឈប់|បោះបង់|ရပ်|ရပ်ပါ|ပယ်ဖျက်",
    // Vietnamese, Indonesian, Malay, Filipino
    "dừng lại|ngừng|ngưng|từ chối|huỷ đăng ký|hủy đăng ký|huy dang ky|tu choi|berhenti|henti|"
    "hentikan|batal|batalkan|unreg|unreg all|keluar|tigil|itigil|ihinto|hinto",
    // Swahili, Somali, Amharic, Hausa, Yoruba, Zulu
    "simamisha|ondoa|jiondoe|sitisha|jooji|አቁም|አቁሙ|tsaya|dakata|yima",
};
// clang-format on

}  // namespace

std::span<const std::string_view> reserved_stop_words() { return reserved; }
std::span<const std::string_view> world_stop_words() { return world; }

}  // namespace smscrm
