// What phones and machines write around a person's words, as data (core/consent/opt_out_rules.hpp).
//
// Reactions: Apple sends words ("Loved “…”", since iOS 18 "Reacted 🔥 to “…”"), Google Messages an emoji
// ("👍 to “…”"), each in the phone's language, to whoever has no chat in common; forms as open-source message
// apps that read them back know them, the other languages by what the same phones show.
#include "core/consent/opt_out_rules.hpp"

namespace smscrm {
namespace {

constexpr TextClass classes[] = {
    // Who is told to say it, and what.
    {"say",
     "reply|rply|text|txt|send|respond|answer|type|message|msg|sms|replying|responding|antworte|antworten|"
     "antwort|"
     "sende|senden|schreib|schreibe|schreiben|repondez|repondre|envoyez|envoyer|envoie|tapez|responde|"
     "responda|"
     "responder|envia|envie|enviar|manda|mande|rispondi|rispondere|invia|inviare|scrivi|antwoord|stuur|"
     "odpisz|"
     "wyslij|napisz|svara|svar|skicka|vastaa|laheta|odpovezte|poslite|valaszolj|valaszoljon|kuldj|raspundeti|"
     "raspunde|trimiteti|posaljite|отправьте|отправить|ответьте|пришлите|напишите|наберите|відповідь|"
     "надішліть|"
     "відправте|απαντηστε|στειλτε|أرسل|ارسل|رد|השב|השיבו|שלח|שלחו|balas|ketik|kirim|hantar|soan|jibu|tuma|"
     "ارسال|लिखें|भेजें"},
    {"told",
     "stop|stopp|stopall|end|quit|cancel|unsubscribe|optout|out|arret|baja|alto|salir|cancelar|sair|parar|"
     "parem|"
     "abmelden|afmelden|afmeld|avsluta|lopeta|odjava|iptal|ret|стоп|στοπ|توقف|الغاء|הסר|הסרה|berhenti|unreg|"
     "huy|tc|"
     "stopsms|dezabonare|leiratkozas|रोकें|stop2end"},
    {"ending",
     "end|stop|quit|cancel|unsubscribe|unsub|opt|optout|leave|cease|exit|unenroll|discontinue|unsuscribe|"
     "unsubscibe"},
    // Whoever speaks of oneself gives no instruction.
    {"self",
     "i|im|ive|id|me|my|already|told|asked|je|j|moi|ich|mich|mir|yo|mis|mi|eu|meu|io|mio|ik|mij|ja|mnie|jag|"
     "mig|"
     "jeg|я|меня|мне|אני|אותי"},
};

constexpr TextRule instructions[] = {
    // "reply STOP to end", "To opt out text STOP", "STOP to 12345"
    {"say-stop",
     "@say .2 @told to|2|for|in|at|if|um|zum|zur|pour|para|per|om|aby|att|ate|si|чтобы|для|ako|za .9 $"},
    {"say-stop", "@say .2 @told # .4 $"},
    {"say-stop", "@say .2 @told .1 $"},
    {"say-code", "@say n|no|x|q|u|s|t|td|r|0|1|9|99 to|2|for|um|zum|pour|para|per|om @ending .4 $"},
    {"to-end-say-stop",
     "^ to|2|for|if|um|pour|para|per|om|aby|att|чтобы|для|щоб|за|opt|optout|unsubscribe|abmelden|abmeldung|"
     "desabonnement|da .10 @say .2 @told .4 $"},
    {"stop-to-end", "@told to|2|t0 @ending .4 $"},
    {"stop-to-number", "@told sms|mms|txt to|au|an|al|a|naar|til|ao|na|nr|no|на # .4 $"},
    {"stop-to-number", "@told au|an|al|to|naar|til|ao|na|на # .4 $"},
    {"stop-para",
     "@told para|per|pour|om|aby|untuk|um|zum|for .1 "
     "cancelar|salir|darse|no|non|annullare|disiscriversi|desabonner|arreter|ne|af|afmelden|uit|"
     "stoppen|zrezygnowac|wypisac|berhenti|abmelden|beenden|abbestellen|abzumelden|zu|parar|sair|nao|"
     "deixar|at|att|avsluta|afmelding|keluar|dejar .9 $"},
    {"mit-stop",
     "abmelden|abmeldung|abbestellen|abbestellung|beenden|optout|out|afmelden|desabo|desinscription|"
     "mit .1 mit|per|via|durch|met|by|avec|con @told .3 $"},
    {"mit-stop", "mit|met @told abmelden|beenden|abbestellen|afmelden .2 $"},
    {"stop-yaz", "@told yazin|yaziniz|yazip|gonderin|gondererek|yazarak|বলুন|लिखें|भेजें|লিখুন .5 $"},
    {"stop-for", "@told for|fur|pour|para stop|unsubscribe|abmeldung|desabonnement|baja .2 $"},
    {"rates", "msg|message|messages .1 data rates .3 apply .3"},
    {"for-help", "help|info|hilfe|aide|ayuda|ajuda for|fur|pour|para help|info|hilfe|aide|ayuda|ajuda .2 $"},
};

constexpr TextRule signatures[] = {
    {"sent-from", "sent from|via|with|using my|the|a|an .5 $"},
    {"sent-from",
     "sent from|via iphone|ipad|android|samsung|galaxy|outlook|yahoo|gmail|mail|t|at|verizon|mobile .4 $"},
    {"sent-from", "get outlook for .2 $"},
    {"sent-from", "von meinem|meiner .4 gesendet $"},
    {"sent-from", "gesendet mit|von|aus .4 $"},
    {"sent-from", "envoye de|depuis|avec|a mon|ma|l|partir .4 $"},
    {"sent-from", "enviado desde|do|de|com|a mi|mis|meu|minha|partir|o|android|iphone .4 $"},
    {"sent-from", "inviato da|dal|con .4 $"},
    {"sent-from", "verzonden|verstuurd vanaf|met|via .4 $"},
    {"sent-from", "wyslano|wyslane|wyslana z .4 $"},
    {"sent-from", "skickat|skickades fran min|mitt .3 $"},
    {"sent-from", "sendt|sent fra min|mit .3 $"},
    {"sent-from", "lahetetty .4 $"},
    {"sent-from", "odeslano|odoslane z .4 $"},
    {"sent-from", "отправлено|надіслано|изпратено с|з|от .4 $"},
    {"sent-from", "iphone|ipad|telefonumdan .1 gonderildi $"},
    {"sent-from",
     "iphoneから送信|iphoneから送信されました|androidから送信|从我的iphone发送|发自我的iphone|發自我的iphone|"
     "從我的iphone傳送"},
    {"sent-from", "나의 iphone에서 보냄"},
    {"sent-from", "נשלח מה|מהאייפון|מ .3 $"},
};

constexpr TextRule automatic[] = {
    {"automatic",
     "auto|automatic|automated|automatically .1 reply|response|message|text|answer|generated|replied"},
    {"automatic", "autoreply|autoresponse|autoresponder|autoresponding"},
    {"automatic", "out of .2 office"},
    {"automatic", "do not disturb|focus .4 on"},
    {"automatic", "driving focus"},
    {"automatic", "not|isnt .1 monitored|attended"},
    {"automatic", "unmonitored|unattended"},
    {"automatic",
     "not|cannot|cant|doesnt|unable .2 accept|receive|support .1 incoming|text|texts|sms|replies|inbound"},
    {"automatic", "thank|thanks .1 for|4 contacting|reaching|calling|choosing|visiting"},
    {"automatic",
     "well|we|representative|member|someone|agent .4 "
     "shortly|soon"},
    {"automatic", "our .2 hours are|is|of"},
    {"automatic", "not receiving notifications"},
    {"automatic", "see your message when i"},
    {"automatic", "automatisch* antwort|nachricht|antwoord|bericht"},
    {"automatic", "abwesenheitsnotiz|abwesenheitsnachricht|autosvar|autoantwort|автоответ*"},
    {"automatic", "nicht im buro"},
    {"automatic", "respuesta|mensaje|resposta|mensagem|reponse|message|risposta|messaggio automati*"},
    {"automatic",
     "automaticka|automatyczna|automatyczny|automatiskt|automatisk|automaattinen|automatikus|автоматич*|"
     "automat .1 odpowiedz|odpoved|svar|vastaus|valasz|ответ|відповідь|сообщение|wiadomosc"},
    {"automatic", "fuera de .1 oficina"},
    {"automatic", "fora do escritorio"},
    {"automatic", "fuori ufficio"},
    {"automatic", "absent|absente du bureau"},
    {"automatic", "رد تلقائي|الي"},
    {"automatic", "מענה אוטומטי"},
    {"automatic", "otomatik yanit|cevap|mesaj"},
};

constexpr TextRule busy[] = {
    {"busy", "in a|the meeting|class|movie|appointment|conference"},
    {"busy", "driving|fahre|conduciendo|manejando|conduis|dirigindo|guidando"},
    {"busy", "on vacation|holiday|leave|pto"},
    {"busy", "call|text|ring|message you|u later|back|soon"},
    {"busy", "get|got back to you"},
    {"busy", "busy|unavailable|away right|until|at|now"},
    {"busy", "cant|cannot|unable .1 talk|answer|respond|pick"},
    {"busy", "im urlaub|meeting|auto"},
    {"busy", "estoy|estare|estoy de vacaciones|viaje"},
    {"busy", "suis|serai absent|absente|conges|vacances|en"},
    {"busy", "estou|estarei de ferias"},
    {"busy", "sono in ferie|riunione"},
    {"busy", "afwezig|abwesend"},
};

constexpr TextRule reactions[] = {
    {"en", "liked|loved|disliked|emphasized|emphasised|questioned|laughed|reacted|removed|reaction"},
    {"de",
     "gefallt|gefiel|mag|liebt|geliebt|hervorgehoben|betont|reagiert|reagierte|gelacht|lacht|lachte|markiert|"
     "geliked|entfernt|entfernte|gemocht|hinterfragt|herz|reaktion"},
    {"es",
     "gusto|gusta|encanto|encanta|risa|rio|exclamo|enfatizo|destaco|resalto|dudo|cuestiono|reacciono|quito|"
     "elimino|gracia|reaccion|interrogo|pregunto"},
    {"fr",
     "adore|aime|aimee|ri|souligne|exclame|reagi|attribue|ajoute|retire|evidence|question|interroge|supprime|"
     "questionne|reaction|insiste"},
    {"pt",
     "gostou|amou|adorou|curtiu|riu|enfatizou|questionou|destacou|reagiu|removeu|retirou|graca|reacao|"
     "duvidou|"
     "ama|gosta"},
    {"it",
     "piace|piaciuto|amato|adorato|riso|enfatizzato|sottolineato|evidenziato|reagito|rimosso|tolto|cuore|"
     "contestato|reazione|adora|messo|aggiunto|domanda"},
    {"nl",
     "leuk|geweldig|grappig|lachte|lacht|benadrukte|benadrukt|reageerde|gereageerd|verwijderde|hield|vindt|"
     "reactie|vraagteken|hartje|duim"},
    {"sv",
     "gillade|gillar|alskade|alskar|ogillade|skrattade|betonade|ifragasatte|reagerade|syntes|elskede|grinede|"
     "fremhaevede|reagerede|likte|elsket|fremhevet|reagerte|mislikte|kommenterte|lo|hjarta|hjerte"},
    {"fi", "tykkasi|rakasti|nauroi|korosti|kyseenalaisti|reagoi|tykannyt|reaktio"},
    {"pl",
     "polubi*|uwielbia|pokocha*|rozsmieszyl*|podkresl*|zareagowa*|usunal|usunela|zakwestionowa*|spodobal*|"
     "serce|reakcja|rozbawi*|wyrozni*"},
    {"cs",
     "libi|lajkoval*|reagoval*|zareagoval*|zasmal*|zduraznil*|zvyraznil*|miluje|pacilo|srdce|reakce|reakcia"},
    {"hu", "kedvelte|imadta|nevetett|kiemelte|reagalt|reakcio|tetszik|szereti"},
    {"ro", "apreciat|reactionat|placut|placu|iubit|ras|reactie|inima"},
    {"hr", "svida|svidjelo|reagirao|reagirala|nasmijalo|istaknuo|volio|voli|reakcija"},
    {"tr", "begendi|sevdi|bayildi|guldu|vurguladi|sorguladi|tepki|begenmedi|ifadesi"},
    {"ru",
     "понравилось|нравится|лайк|оценил*|отреагировал*|реакция|реакцию|любит|смеется|смеялся|смеялась|"
     "рассмешило|выделил*|подчеркнул*|удалил*|убрал*|полюбил*|сердце|сердечко|отметил*|засмеялся|поставил*"},
    {"uk",
     "сподобалось|сподобалося|вподобав|вподобала|подобається|відреагував|відреагувала|реакція|реакцію|"
     "розсмішило|прибрав|прибрала|виділив|підкреслив|серце|посміявся"},
    {"bg", "хареса|харесва|реагира|засмя|подчерта|обожава"},
    {"el", "αρεσε|αρεσει|λατρεψε|γελασε|αντεδρασε|αντιδραση|τονισε|αφαιρεσε|καρδια"},
    {"ar", "اعجب*|احب*|ضحك*|تفاعل*|اكد|ازال|ازالت|قلب|شدد"},
    {"fa", "پسندید|دوست|خندید|واکنش"},
    {"he", "אהב|אהבה|אהבתי|צחק|צחקה|הגיב|הגיבה|הדגיש|הדגישה|לב|סימן|סימנה|תגובה"},
    {"hi", "पसंद|प्रतिक्रिया|हँसे|हंसे|प्यार|दिल"},
    {"vi", "thich|cuoi|nhan|phan|xuc|tim"},
    {"id", "menyukai|mencintai|tertawa|menanggapi|bereaksi|menekankan|menghapus|suka|reaksi|menertawakan"},
};

constexpr TextRule dislikes[] = {
    {"en", "disliked"},
    {"de", "gefallt|gefiel|mag .1 nicht"},
    {"es", "no .1 gusto|gusta"},
    {"fr", "n .2 pas .1 aime*"},
    {"pt", "nao gostou|curtiu|gosta"},
    {"it", "non .2 piace|piaciuto"},
    {"nl", "niet leuk|geweldig"},
    {"sv", "ogillade|mislikte"},
    {"sv", "syntes ikke .1 godt"},
    {"fi", "ei tykannyt"},
    {"pl", "nie .1 podoba|spodobal*|lubi"},
    {"cs", "nelibi|nepaci"},
    {"tr", "begenmedi"},
    {"ru", "не понравилось|нравится"},
    {"uk", "не сподобал*|подобаеться|подобається"},
    {"el", "δεν .1 αρεσε"},
    {"hu", "nem .1 tetszett|tetszik|kedvelte"},
    {"ro", "nu .2 placut|placu"},
};

constexpr TextRule taken_back[] = {
    {"en", "^ removed a|an|the .4 from"},          {"en", "^ removed|removes .3 from $"},
    {"de", "^ .5 entfernt|entfernte .3 $"},        {"es", "^ quito|elimino|ha .4 de|a $"},
    {"fr", "^ a retire|supprime|enleve .6 $"},     {"pt", "^ removeu|retirou|tirou .4 de|da|do|em $"},
    {"it", "^ ha rimosso|tolto .4 da $"},          {"nl", "^ verwijderde|heeft .4 van|verwijderd $"},
    {"pl", "^ usunal|usunela|usunieto .4 z|od $"}, {"ru", "^ удалил|удалила|убрал|убрала|снял|сняла .4 $"},
};

}  // namespace

std::span<const TextClass> machine_classes() { return classes; }
std::span<const TextRule> instruction_rules() { return instructions; }
std::span<const TextRule> signature_rules() { return signatures; }
std::span<const TextRule> automatic_rules() { return automatic; }
std::span<const TextRule> busy_rules() { return busy; }
std::span<const TextRule> reaction_rules() { return reactions; }
std::span<const TextRule> dislike_rules() { return dislikes; }
std::span<const TextRule> taken_back_rules() { return taken_back; }

std::string_view instruction_phrases() {
  return "回t退订|回复t退订|回td退订|回复td退订|回n退订|回r退订|回复n退订|回复r退订|退订请回复td|退订请回复t|"
         "退订请回td|退订请回t|退订回复td|"
         "退订回复t|退订回td|退订回t|退订回n|退订回r|回復t退訂|回t退訂|退訂請回t|退訂請回覆t|退訂回t|"
         "退订请回n|退订回0|回复0退订|拒收请回复r|"
         "拒收请回r|拒收回r|回r拒收|回复r拒收|拒收回t|回复stop退订|回覆stop退訂|回复stop取消订阅|"
         "配信停止はstopと返信|配信停止はstop|"
         "配信停止は「stop」|停止はstopと返信|停止はstop|停止するにはstopと返信|停止する場合はstop|"
         "解除はstop|配信停止はこちら|"
         "stopと返信|stopで停止|stopで配信停止|무료수신거부|무료거부|수신거부는|수신거부stop|stop을보내|"
         "stop문자|"
         "ยกเลิกกดstop|ยกเลิกพิมพ์stop|พิมพ์stopเพื่อยกเลิก|ตอบstopเพื่อยกเลิก|ส่งstopเพื่อยกเลิก";
}
std::string_view automatic_phrases() {
  return "自动回复|自動回覆|自動回復|自动答复|自動返信|自動応答|自動送信|자동응답|자동회신|자동답장|운전중|"
         "ข้อความอัตโนมัติ|ตอบกลับอัตโนมัติ";
}
std::string_view reaction_phrases() {
  return "喜欢|喜歡|赞|讚|爱心|愛心|大笑|哈哈|强调|強調|疑问|疑問|回应|回應|反应|反應|いいね|ハート|"
         "リアクション|笑|感嘆符|疑問符|大好き|"
         "を追加|を削除|好き|質問|좋아|하트|웃|반응|강조|물음표|공감|사랑|싫어|느낌표|ถูกใจ|รัก|หัวเราะ|ตอบสนอง|"
         "แสดงความรู้สึก|เน้น|หัวใจ";
}

}  // namespace smscrm
