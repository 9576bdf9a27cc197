// Rules of further languages: fewer than of the five in core/consent/opt_out_rules.cpp, the plainest ways to
// say no in each. What they miss is a text like any other; what is clear is acted on.
#include "core/consent/opt_out_rules.hpp"

namespace smscrm {
namespace {

constexpr TextClass classes[] = {
    {"ru_msg",
     "сообщен*|смс|смски|sms|рассылк*|рекламу|рекламы|спам*|писем|уведомлен*|повідомлен*|розсил*|съобщени*|"
     "порук*"},
    {"pl_msg", "sms*|smsow|wiadomosc*|reklam*|spam*|powiadomien*"},
    {"it_msg", "messagg*|sms|pubblicita|promozion*|notifich*|spam|mms"},
    {"nl_msg", "berichten|berichtjes|bericht|sms*|reclame|spam|aanbiedingen|appjes"},
    {"no_msg", "sms*|meddelanden|meddelande|beskeder|besked|meldinger|melding|reklam*|utskick"},
    {"world_halt",
     "стоп|хватит|прекратите|прекрати|перестаньте|перестань|досить|припиніть|зупиніть|спрете|спри|στοπ|"
     "σταματα|"
     "σταματηστε|توقف|توقفوا|اوقفوا|كفى|הפסיקו|תפסיקו|תפסיק|dur|durdur|durdurun|przestancie|przestan|wypisz|"
     "smettetela|ophouden|stoppen|afmelden|sluta|avsluta|afmeld|lopeta|lopettakaa|odhlasit|odjava|berhenti|"
     "hentikan|itigil|tigil|रोको|रोकें|বন্ধ|لغو"},
    {"world_polite",
     "пожалуйста|спасибо|плиз|будь|ласка|дякую|моля|благодаря|παρακαλω|ευχαριστω|lutfen|tesekkurler|artik|"
     "prosze|dzieki|dziekuje|juz|per|favore|grazie|subito|alsjeblieft|aub|svp|dank|nu|tack|snalla|tak|"
     "venligst|"
     "takk|kiitos|prosim|dekuji|dakujem|kerem|koszonom|va|rog|multumesc|molim|hvala|tolong|terima|kasih|po|"
     "salamat|pakiusap|tafadhali|asante|xin|cam|on|vui|long|toi|من|فضلك|فضلكم|شكرا|لطفا|ممنون|رجاء|בבקשה|"
     "תודה|"
     "कृपया|प्लीज|धन्यवाद|দয়া|করে|ধন্যবাদ|براہ|کرم|شکریہ"},
};

constexpr TextRule clear[] = {
    {"ru.ne-pishite", "не .3 пишите|пиши|присылайте|присылай|шлите|шли|беспокойте|звоните|писать|присылать"},
    {"ru.ne-pishite", "не .2 отправляйте|отправляй|надо|нужно|нужны .3 @ru_msg"},
    {"ru.prekratite",
     "прекратите|прекрати|перестаньте|перестань|хватит|прекращайте .3 "
     "писать|присылать|слать|звонить|беспокоить|@ru_msg"},
    {"ru.prekratite", "прекратите|прекрати|перестаньте $"},
    {"ru.otpisat", "отпишите|отписать|отписаться|отписываюсь|отпиши"},
    {"ru.otkaz", "отказываюсь|отказ|отказаться .1 от .1 @ru_msg"},
    {"ru.ne-hochu", "не хочу|желаю|хотим .3 @ru_msg|получать"},
    {"ru.udalite", "удалите|уберите|исключите|вычеркните .2 меня|мой .1 из|номер"},
    {"ru.ostavte", "оставьте меня|нас в покое"},
    {"uk.ne-pyshit", "не .3 пишіть|пиши|надсилайте|шліть|турбуйте|телефонуйте|надсилати"},
    {"uk.prypynit",
     "припиніть|припини|перестаньте|досить|годі .3 писати|надсилати|слати|турбувати|дзвонити|@ru_msg"},
    {"uk.vidpyshit", "відпишіть|відписати|відписатися|відпишіться|відписуюсь"},
    {"uk.ne-hochu", "не хочу|бажаю|хочемо .3 @ru_msg|отримувати"},
    {"uk.vydalit", "видаліть|приберіть|викресліть .2 мене|мій .1 зі|з|номер"},
    {"bg.ne-pishete", "не .2 пишете|пращайте|изпращайте|безпокойте"},
    {"bg.sprete", "спрете|спри .3 пращате|изпращате|пишете|@ru_msg"},
    {"bg.otpishete", "отпишете|отпиши ме"},
    {"bg.ne-iskam", "не искам .3 @ru_msg|получавам"},
    {"hr.nemojte", "nemojte|nemoj|prestanite|prestani .3 slati|saljite|pisati|porukama|s"},
    {"hr.ne-saljite", "ne saljite|pisite|saljite .2 vise|mi|poruke"},
    {"hr.odjavite", "odjavite|odjavi|ispisite|izbrisite|obrisite .2 me|moj|broj"},
    {"hr.ne-zelim", "ne zelim|zelimo|zelite .3 poruke|primati|sms"},
    {"el.min", "μη|μην .3 στελνετε|στελνεις|στειλετε|ξαναστειλετε|γραφετε|ενοχλειτε|στελνεται"},
    {"el.stamatiste", "σταματηστε|σταματα|παψτε .3 στελνετε|μηνυματα|sms|ενοχλειτε"},
    {"el.diagrapste", "διαγραψτε|αφαιρεστε|βγαλτε .3 με|αριθμο|λιστα"},
    {"el.den-thelo", "δεν θελω|επιθυμω .4 μηνυματα|sms|λαμβανω"},
    {"ar.la-tursilu",
     "لا|ما|عدم .1 "
     "ترسلوا|ترسل|ترسلو|ترسلون|ترسلي|تراسلوني|تراسلني|تبعثوا|تبعتوا|تبعتولي|ترسلولي|الارسال|ارسال"},
    {"ar.tawaqqaf", "توقف*|اوقف*|وقف*|بطل* .3 رسائل|الرسائل|ارسال|الارسال|رسايل|المراسله|المراسلة|مراسلتي"},
    {"ar.la-urid", "لا|ما|مش اريد|ارغب|ابغى|ابي|عايز|بدي .4 رسائل|الرسائل|رسايل|رسائلكم|استلام"},
    {"ar.ilgha", "الغاء|الغوا|الغي|الغ .2 اشتراك*|الاشتراك"},
    {"ar.ihdhif", "احذف*|ازيلوا|شيلوا|امسح* .3 رقمي|اسمي|القائمه|القائمة"},
    {"fa.nafrestid", "نفرستید|نفرست|نفرستین|ندهید|ندین|نزنید"},
    {"fa.laghv", "لغو|حذف .3 اشتراک|عضویت|پیامک|شماره"},
    {"fa.nemikham", "نمیخواهم|نمیخوام .3 پیام*"},
    {"fa.nemikham", "پیام* .3 نمیخواهم|نمیخوام"},
    {"he.tafsiku", "תפסיקו|תפסיק|הפסיקו|תפסיקי|מספיק|די .2 לשלוח|להציק|לסמס|הודעות|להודעות|לכתוב|עם"},
    {"he.al-tishlechu", "אל|לא|בלי .2 תשלחו|תשלח|תשלחי|לשלוח|תסמסו|תכתבו|תפנו|תציקו"},
    {"he.haser",
     "תסירו|הסירו|תורידו|הורידו|תמחקו|מחקו|להסיר|הסר|תוציאו .2 אותי|המספר|מספרי|שמי|מהרשימה|מרשימת"},
    {"he.lo-rotze", "לא מעוניין|מעוניינת|רוצה|מעונינת|מעונין .3 הודעות|לקבל|בהודעות|sms|פרסומות"},
    {"hi.mat-bhejo", "मत|न|नहीं|ना .1 भेजो|भेजें|भेजिए|भेजिये|भेजना|भेजा"},
    {"hi.band", "मैसेज|मेसेज|संदेश|sms|एसएमएस|मैसेजेस .3 बंद|बन्द|रोको|रोकें|मत"},
    {"hi.nahin-chahie", "मैसेज|मेसेज|संदेश|sms|एसएमएस .2 नहीं चाहिए|चाहिये"},
    {"hi.hatao", "नंबर|नाम|नम्बर .3 हटाओ|हटाएं|हटाइए|हटा|निकालो|डिलीट"},
    {"hi.mat-bhejo", "mat|na bhejo|bhejna|bhejiye|bheje"},
    {"hi.band", "message|messages|msg|sms .2 band kar*|kro|kijiye"},
    {"bn.bondho", "মেসেজ|এসএমএস|বার্তা|ম্যাসেজ .3 না|বন্ধ"},
    {"bn.na", "পাঠাবেন|দিবেন|দেবেন|পাঠিও|পাঠাইবেন না"},
    {"ur.mat", "مت|نہ بھیج*|بھجو|کریں|کرو"},
    {"vi.dung", "dung|ngung|thoi .2 nhan|gui|spam|lam .4 nua|tin|toi|phien|$"},
    {"vi.khong-muon", "khong muon .3 nhan|tin"},
    {"vi.huy", "huy dang|nhan ky|tin"},
    {"vi.xoa", "xoa .2 so .1 toi|dien|nay"},
    {"tr.mesaj-atma",
     "mesaj*|sms*|ileti* .3 "
     "atmayin|atma|gondermeyin|gonderme|yollamayin|istemiyorum|istemiyoruz|durdurun|kesin|gelmesin|almak"},
    {"tr.bir-daha", "bir daha .2 yazmayin|yazma|aramayin|atmayin|gondermeyin"},
    {"tr.cikar", "beni|numarami|numaramiz*|telefonumu .3 cikar*|silin|sil|silerseniz|kaldir*"},
    {"tr.rahatsiz", "rahatsiz etmeyin|etme|etmeyiniz"},
    {"tr.abonelik", "aboneli* .2 iptal|sonlandir*|cik*"},
    {"pl.nie-pisz", "nie .2 pisz|piszcie|kontaktujcie|kontaktowac|piszecie"},
    {"pl.nie-wysylac",
     "nie .2 wysylaj|wysylajcie|wysylac|przysylaj|przysylajcie|przysylac|przesylac .3 @pl_msg|mi|nam|wiecej"},
    {"pl.nie-chce", "nie chce|zycze|zyczymy|chcemy|wyrazam .3 @pl_msg|otrzymywac|dostawac|zgody"},
    {"pl.wypisz", "wypiszcie|wypisz|wypisac|wyrejestrujcie|wykreslcie|usuncie|usun|usunac .3 mnie|numer|z"},
    {"pl.wypisz", "mnie .1 wypisac|usunac|wykreslic|wyrejestrowac"},
    {"pl.przestan", "przestan|przestancie|dosc|koniec .2 wysylac|pisac|@pl_msg|z"},
    {"pl.rezygnuje", "rezygnuje .2 z|smsow|@pl_msg"},
    {"it.non-mandate",
     "non .2 "
     "mandatemi|inviatemi|scrivetemi|contattatemi|mandarmi|inviarmi|scrivermi|contattarmi|disturbatemi|"
     "mandateci|scriveteci|mandatemene"},
    {"it.non-mandate", "non .2 mandate|mandare|inviate|inviare|scrivete|contattate .2 @it_msg|piu"},
    {"it.non-voglio",
     "non voglio|vogliamo|desidero|vorrei|intendo .2 ricevere|@it_msg|piu .1 @it_msg|ricevere"},
    {"it.basta", "basta .2 @it_msg"},
    {"it.basta", "^ basta $"},
    {"it.smettete", "smettetela|smettila|finitela|smettete|smetti .3"},
    {"it.cancellatemi",
     "cancellami|cancellatemi|toglietemi|toglimi|rimuovetemi|rimuovimi|eliminatemi|disiscrivetemi|"
     "disiscrivermi|disiscrivimi|cancellarmi|disiscrizione"},
    {"it.numero", "cancellate|cancella|rimuovete|rimuovi|togliete|eliminate .2 numero"},
    {"it.in-pace", "lasciatemi|lasciami|lasciateci in pace"},
    {"nl.geen-meer", "geen .2 @nl_msg .2 meer"},
    {"nl.geen-meer", "wil|wens|willen .3 geen .2 @nl_msg"},
    {"nl.niet-meer", "niet meer .2 sms*|appen|sturen|contacteren|ontvangen|benaderd|lastig"},
    {"nl.stuur-niet", "stuur|stuurt|zend|sturen .3 niets|geen .2 meer|@nl_msg"},
    {"nl.stop-met", "stop|stoppen|hou|houd .1 met .4 sturen|sms*|berichten|appen|spammen|dit"},
    {"nl.afmelden", "^ .3 afmelden|uitschrijven|afmelding .2 $"},
    {"nl.haal-me", "haal|verwijder|schrijf|meld|gooi .1 me|mij|nummer .4 uit|af|van|lijst"},
    {"nl.met-rust", "laat me|mij|ons met rust"},
    {"sv.sluta", "sluta|slut|slutt|stop|stopp .2 skicka|skicka|sende|sms*|messa|spamma|skriva|med"},
    {"sv.inga-fler", "inga|ikke|ingen|inte .2 fler|mer|flere|mere .1 @no_msg"},
    {"sv.skicka-inte", "skicka|send|skriv inte|ikke .2 mer|mere|flere|fler|@no_msg"},
    {"sv.vill-inte", "vill|onskar|vil|onsker inte|ikke .2 ha|fa|have|motta|modtage .3 @no_msg|mer|mere"},
    {"sv.ta-bort", "ta|fjern|slet|slett|tag .1 bort|mig|meg|mitt|mit .2 nummer*|fra|fran|listan|listen"},
    {"sv.avregistrera", "avregistrera|avmeld|afmeld|frameld|avanmal mig|meg"},
    {"fi.lopettakaa", "lopettakaa|lopeta|alkaa|ala|alkaaka .3 lahet*|viest*|tekst*|sms*"},
    {"fi.en-halua", "en halua .3 viest*|tekstiv*|mainok*"},
    {"fi.poistakaa", "poistakaa|poista .2 numero*|minut|tietoni"},
    {"cs.neposilejte",
     "neposilejte|neposielajte|nepiste|neposilat|nezasilejte|nezasielajte|neposielat|nekontaktujte"},
    {"cs.odhlaste", "odhlaste|odhlasit|vymazte|vyradte|odhlasujem|smazte .3 me|ma|mna|cislo|z|si|se|odber"},
    {"cs.nechci", "nechci|nechcem|nepreji .3 sms*|zpravy|spravy|dostavat|dostavaju"},
    {"hu.ne-kuldjenek", "ne .2 kuldj*|irj*|zaklass*|sms*|uzenj*"},
    {"hu.nem-kerek", "nem kerek|akarok|kivanok|szeretnek .4 sms*|uzenet*|ertesit*|kapni"},
    {"hu.leiratkoz", "leiratkoz*"},
    {"hu.toroljek", "torolj* .3 szam*|lista*|engem"},
    {"ro.nu-mai", "nu .2 mai .1 trimite*|scrie*|suna*|contact*|deranja*"},
    {"ro.nu-vreau", "nu .1 vreau|doresc .4 mesaj*|sms*|primesc"},
    {"ro.dezabonare", "dezabon*"},
    {"ro.stergeti", "stergeti|scoateti|sterge .3 numar*|lista|baza"},
    {"ro.opriti", "opriti|incetati .3 mesaj*|sms*"},
    {"id.jangan", "jangan|stop|berhenti|hentikan|usah .2 kirim*|sms*|hubungi*|spam*|mengirim*|hantar*|pesan"},
    {"id.tidak-mau", "tidak|gak|ga|nggak|tak mau|ingin|nak .2 terima|menerima|sms|pesan|dapat"},
    {"id.hapus", "hapus|padam|keluarkan .2 nomor*|nomer*|nombor*|saya"},
    {"tl.tigil", "tigilan|itigil|huwag|wag|tama .3 text*|magtext|magpadala|magpadal*|mensahe|pagtext"},
    {"tl.ayaw", "ayaw|ayoko .3 text*|makatanggap|mensahe"},
    {"sw.acha", "acha|acheni|wacha .2 kunitumia|kutuma|ujumbe|meseji|sms"},
    {"sw.usitume", "usinitumie|msinitumie|msitume|usitume"},
    {"sw.sitaki", "sitaki .2 ujumbe|meseji|sms|kupokea"},
    {"ht.sispann", "sispann|pa .2 voye|ekri"},
};

constexpr TextRule doubtful[] = {
    {"ru.slovo", "стоп|отписк*|отписан*|спам*|прекратит*|достали|жалоб*"},
    {"ru.nomer", "ошиблись|неправильный|чужой .1 номер*"},
    {"uk.slovo", "стоп|відписк*|спам*|помилились"},
    {"it.parola", "stop|disiscri*|spam|basta"},
    {"it.numero", "numero sbagliato|errato"},
    {"nl.woord", "afmelden|uitschrijven|stoppen|spam|lastigvallen"},
    {"nl.nummer", "verkeerd|fout nummer"},
    {"nl.woord", "^ geen interesse $"},
    {"pl.slowo", "stop|wypis*|rezygn*|spam|pomylka|nekan*"},
    {"tr.kelime", "istemiyorum|ret|durdur*|spam|yanlis"},
    {"vi.tu", "^ huy|dung $"},
    {"el.lexi", "στοπ|διαγραφη|διαγραψ*|ενοχλ*"},
    {"ar.kalima", "توقف*|الغاء|ازعاج|مزعج*|سبام"},
    {"he.mila", "הסר|הסרה|להסיר|ספאם|תפסיק*|הטרדה|די"},
    {"fa.kalame", "لغو|مزاحم*"},
    {"hi.shabd", "परेशान|स्पैम"},
    {"id.kata", "berhenti|unreg|spam|ganggu*"},
    {"sv.ord", "sluta|stopp|avregistrera|avmeld*|afmeld*|spam"},
    {"fi.sana", "lopeta*|roskaposti*"},
    {"cs.slovo", "odhlasit|odhlaste|spam|omyl"},
    {"hr.rijec", "odjava|odjavi*|spam"},
};

constexpr Phrase phrases[] = {
    {"zh.buyao",
     "不要再发|不要再發|不要再给我发|不要再給我發|别再发|別再發|别再给我发|別再給我發|別再傳|不要再傳|"
     "不要给我发|不要給我發|"
     "别给我发|別給我發|请勿再|請勿再|不要发短信|不要發短信|不要發簡訊|别发短信|不要再联系|不要再聯絡|"
     "不要联系我|別再聯絡|"
     "不要再打扰|别打扰|別打擾|勿扰|别发了|別發了|不要发了|不要發了|别再骚扰|別再騷擾"},
    {"zh.tuiding",
     "退订|退訂|取消订阅|取消訂閱|停止发送|停止發送|停止发短信|停止接收|停止骚扰|停止騷擾|停止推送|拒收|"
     "请停止|請停止"},
    {"zh.buxiang",
     "不想再收到|不想收到|不想再接收|不想接收|不愿意收到|不需要你们的短信|不再接收|把我从名单|把我從名單|"
     "移除我的号|"
     "移除我的號|删除我的号|刪除我的號|删掉我的号"},
    {"ja.okuranaide",
     "送らないで|送ってこないで|送信しないで|送信をやめ|送信を止め|送るのをやめ|送るのはやめ|連絡しないで|"
     "連絡してこないで|"
     "連絡はやめ|連絡をやめ"},
    {"ja.teishi",
     "配信停止|配信を停止|配信を止め|配信をやめ|配信を解除|停止してください|停止して下さい|停止をお願い|"
     "停止お願い|"
     "止めてください|止めて下さい|やめてください|やめて下さい|解除してください|解除して下さい|登録解除|"
     "退会したい|退会します|"
     "退会を希望|受信拒否|登録を削除|番号を削除"},
    {"ja.iranai",
     "受け取りたくない|受信したくない|メッセージはいりません|メールはいりません|メッセージいりません|"
     "もう結構です"},
    {"ko.bonaejima",
     "보내지마|보내지말|보내지않|그만보내|그만좀보내|문자하지마|문자하지말|문자그만|연락하지마|연락하지말|"
     "연락주지마|"
     "문자보내지|문자안받|문자받기싫"},
    {"ko.susingeobu",
     "수신거부|수신을거부|수신차단|받고싶지않|받기싫|구독취소|구독해지|구독을취소|구독을해지|번호삭제|"
     "번호를삭제|번호지워|"
     "명단에서빼|명단에서삭제|해지해주|탈퇴할|탈퇴하고싶"},
    {"th.ya-song",
     "อย่าส่ง|หยุดส่ง|เลิกส่ง|ไม่ต้องส่ง|ห้ามส่ง|หยุดข้อความ|ไม่ต้องการรับ|ไม่อยากรับ|ไม่ขอรับ|ไม่อยากได้รับ|ไม่ต้องการข้อความ|"
     "ยกเลิกการรับ|"
     "ยกเลิกข้อความ|ยกเลิกการสมัคร|ยกเลิกสมาชิก|ลบเบอร์|ลบหมายเลข|เลิกรับ|เลิกรบกวน|อย่ารบกวน"},
    {"km.chhob", "ឈប់ផ្ញើ|កុំផ្ញើ"},
    {"lo.yut", "ຢຸດສົ່ງ|ຢ່າສົ່ງ"},
    {"my.yat", "မပို့ပါနဲ့|မပို့နဲ့"},
};

constexpr Phrase unsure[] = {
    {"zh.saorao", "骚扰|騷擾|垃圾短信|垃圾訊息|投诉|投訴|打错|打錯|发错|發錯|烦死|煩死"},
    {"zh.buyao", "不需要了|不感兴趣|不感興趣"},
    {"ja.meiwaku", "迷惑|間違い|いりません|要りません|不要です|興味ありません|興味がありません"},
    {"ko.spam", "스팸|잘못보내|잘못온|관심없|귀찮"},
    {"th.spam", "สแปม|รำคาญ|ผิดเบอร์|ส่งผิด|ไม่สนใจ"},
};

}  // namespace

std::span<const TextClass> world_classes() { return classes; }
std::span<const TextRule> world_opt_out_rules() { return clear; }
std::span<const TextRule> world_unsure_rules() { return doubtful; }
std::span<const Phrase> opt_out_phrases() { return phrases; }
std::span<const Phrase> unsure_phrases() { return unsure; }

}  // namespace smscrm
