// Longer than most, for it is a table.
#include "core/consent/opt_out_rules.hpp"

namespace smscrm {
namespace {

constexpr TextClass classes[] = {
    // What we send, in all languages.
    {"msg",
     "text|texts|txt|txts|texting|txting|message|messages|messaging|msg|msgs|sms|mms|spam|spamming|ad|ads|"
     "promo|"
     "promos|promotions|alerts|notifications|marketing|advertising|advertisements|solicitations|"
     "communication|"
     "communications|mensaje|mensajes|textos|promociones|publicidad|notificaciones|pub|pubs|publicite|"
     "publicites|"
     "texto|textos|mensagem|mensagens|promocoes|propaganda|propagandas|avisos|nachricht|nachrichten|werbung|"
     "newsletter|werbenachrichten|whatsapp|whatsapps"},
    // Words between "stop" and what is stopped.
    {"fill",
     "sending|send|getting|get|receiving|receive|me|us|my|all|these|those|this|that|the|of|your|ur|any|more|"
     "further|please|pls|plz|it|to|with|already|phone|cell|these|stupid|damn|fucking|annoying|now|from|w|"
     "stuff"},
    // A net for what no phrase caught: a no near a word for writing, a word for removing near what we keep.
    {"no",
     "dont|not|never|no|nunca|jamas|nao|ne|n|pas|jamais|nicht|nie|nix|nichts|keine|kein|keinen|ohne|without|"
     "sin|"
     "sem|cant|wont|refuse|refuso|weder|aucun|aucune"},
    {"write",
     "send|sending|write|writing|solicit*|contact*|text*|txt*|messag*|escrib*|envi*|mandar*|manden|mande|"
     "mandem|"
     "escrev*|ecri*|envoy*|schreib*|anschreib*|schick*|send*|kontakt*|sms|promo*|mensaj*|mensag*|nachricht*|"
     "werbung|"
     "publicidad|pub|propaganda|notific*"},
    {"remove",
     "remov*|delet*|erase*|take|taken|get|scratch|rid|turn|unlist|quit*|saque*|saca*|elimin*|borr*|retir*|"
     "enlev*|"
     "supprim*|effac*|tire|tira|tirem|exclu*|apag*|losch*|entfern*|streich*|strich*|nehm*|nehmt|nimm"},
    {"kept",
     "list|lists|lista|listas|liste|listes|number|numero|nummer|contact|contacts|contato|contacto|"
     "coordonnees|"
     "database|base|fichier|verteiler|grupo|system|datenbank|cadastro|texts|text|sms|messages|marketing|"
     "telefono|telefone|handynummer"},
    {"halting",
     "stop*|stahp|halt|quit|end|cease|desist|dejen|deje|deja|dejar|paren|parem|pare|parar|arreter|arretez|"
     "arrete|"
     "cesser|aufhor*|auf|unterlass*|lass*|beend*|abbestell*|bestell*|done|basta|chega|deixar|vuelva*"},
    {"en_text", "text|txt|message|msg|sms|contact|bother|spam|ping|txting|texting"},
    {"polite",
     "please|pls|plz|plse|kindly|stop|stops|now|already|it|this|that|all|thanks|thank|thx|ty|you|u|hello|hi|"
     "hey|"
     "i|said|just|ok|okay|immediately|can|could|would|will|want|make|to|everything|again|asap|guys|no|more|"
     "do|"
     "por|favor|ya|gracias|svp|merci|bonjour|s|il|vous|te|plait|obrigado|obrigada|bitte|danke|hallo|hola|ola|"
     "jetzt|sofort|ahora|maintenant|agora|endlich"},
    // Alone or among polite words these mean "no more texts". What "para", "fin" or "end" mean depends.
    {"halt", "stop|stopp|stopall|unsubscribe|pare|parem|paren|basta|arretez|arrete"},
    {"es_fill",
     "de|me|nos|mas|sus|tus|su|tu|los|las|el|la|estos|esos|estas|esas|tantos|por|favor|recibir|que|mandar|"
     "mandarme|enviar|enviarme|todos|a|con|ya|mis|mi"},
    {"fr_fill",
     "de|d|des|m|me|moi|nous|vos|votre|ces|les|le|la|l|aux|a|tous|avec|recevoir|plus|envoyer|svp|aucun|"
     "aucune|"
     "rien|ce|cette"},
    {"pt_fill",
     "de|do|da|me|nos|mais|seus|suas|os|as|esses|essas|isso|receber|com|por|favor|mandar|enviar|todos|o|a|"
     "nenhuma|nenhum|meu|minha"},
    {"de_fill",
     "mir|uns|mich|bitte|mit|den|dem|der|die|das|diese|diesen|dieser|euren|ihren|eurer|ihrer|zu|damit|sie|"
     "ihr|"
     "doch|endlich|jetzt|sofort|eure|ihre"},
};

constexpr TextRule harmless[] = {
    {"laugh", "lol|lmao|haha|hahaha|jaja|jajaja|rofl .9 stop"},
    {"laugh", "stop .9 lol|lmao|haha|hahaha|laughing"},
    {"en.dont-stop", "dont|never|not .1 stop|quit|~unsubscribe"},
    {"en.cant-stop", "cant|cannot|wont|didnt|doesnt stop"},
    {"en.did-not", "did|does|could|would|why|will|if|have|had not"},
    {"en.stop-by", "stop by|in|at|over|and|sign|light|watch|loss|motion|here|there|off"},
    {"en.a-stop", "bus|pit|next|last|first|train|metro|non|one|this|our|door|short|full|truck|rest stop"},
    {"en.word-stop", "what does|do|is|about .1 stop"},
    {"en.text-when",
     "@en_text me|us|here "
     "before|until|till|after|during|while|when|if|tomorrow|today|tonight|on|about|the|your"},
    {"en.pick-me", "remove|delete me from my|the .2 order|waitlist|call|group|reservation|booking|table"},
    {"es.no-paren", "no|nunca .1 paren|pare|paras|dejen|deje|dejes"},
    {"fr.ne-pas-arreter", "ne|n .2 arretez|arrete|desabonnez|desabonne pas|jamais"},
    {"pt.nao-parem", "nao|nunca .1 parem|pare|para"},
    {"de.nicht-aufhoren", "nicht|nie aufhoren|abmelden|stoppen|abbestellen"},
};

constexpr TextRule clear[] = {
    {"en.stop-messages", "stop|quit|cease|discontinue|halt|cancel @fill:5 @msg"},
    {"en.stop-messages", "end these|all|this|your|the @fill:2 @msg"},
    {"en.stop-contact",
     "stop|quit|cease|discontinue @fill:3 "
     "contacting|bothering|harassing|emailing|calling|hitting|blowing|bugging|"
     "pestering|annoying|reaching"},
    {"en.please-stop", "please|pls|plz|kindly stop|cease|desist|discontinue $"},
    {"en.told-you", "told|asked|asking|telling|begging you|u|yall .1 to|please stop"},
    {"en.need-to-stop", "need|have|got to stop|quit $"},
    {"en.stop-sending", "stop|quit|cease sending|receiving|getting @fill:4 $"},
    {"en.stop-sending", "stop|quit|cease sending @fill:3 these|this|stuff|crap|those|me|us"},
    {"en.messages-stop", "want|need|like .1 these|this|those|the|your .1 @msg to stop|end"},
    {"en.cease-and-desist", "cease and desist"},
    {"en.remove-me", "remove|delete|erase|unenroll me|us @polite:3 $"},
    {"en.remove-name",
     "remove|delete|take|erase|scrub my name|info|contact .2 from|off .3 list|lists|database|system"},
    {"en.remove-me", "remove|delete|erase|unenroll me|us from|off|now|please|pls|immediately|asap"},
    {"en.remove-me", "please|pls remove|unenroll $"},
    {"en.remove-number", "remove|delete|erase|lose|scrub @fill:3 number|no|digits"},
    {"en.off-the-list",
     "take|get|remove|keep|pull @fill:2 me|us|number off|from|out @fill:3 "
     "list|lists|database|system|texts|distro"},
    {"en.off-the-list",
     "take|get|remove|pull .3 off|from @fill:2 mailing|contact|texting|text|sms|calling list"},
    {"en.off-the-list", "take me|us off $"},
    {"en.off-the-list", "take me|us off of|this|now|please"},
    {"en.unsubscribe", "~unsubscribe"},
    {"en.unsubscribe", "unsub|unsubscribing|unsubscription"},
    {"en.opt-out", "opt|opting|opted out"},
    {"en.opt-out", "opt|opting me|us out"},
    {"en.opt-out", "optout"},
    {"en.do-not-text", "dont|not|never|stop @en_text me|us|my|this|here|again|anymore|ever"},
    {"en.do-not-text", "dont|not|never ever|please|dare @en_text me|us|my|this|here|again|anymore"},
    {"en.do-not-text", "dont|not|never @en_text $"},
    {"en.do-not-send", "dont|not|never .1 send @fill:5 @msg"},
    {"en.do-not-send", "dont|not|never .1 send me|us anything|these|stuff"},
    {"en.no-more", "^ no more $"},
    {"en.no-more", "no more|further @fill:3 @msg"},
    {"en.do-not-want", "dont|not|no|never longer want|wish|need|care @fill:5 @msg"},
    {"en.do-not-want", "dont|not|never want|wanna|wish|need|care .1 @fill:6 @msg"},
    {"en.do-not-want",
     "dont|not|never want|wanna|wish|like .1 receive|get|receiving|getting .1 "
     "these|them|any|anymore|anything"},
    {"en.no-longer", "no longer want|wish|interested .3 these|them|receive|receiving|getting|get|texts"},
    {"en.do-not-want", "dont|not want|wanna|need these|them anymore|any"},
    {"en.leave-alone", "leave me|us alone"},
    {"en.never-again", "never contact|text|message .2 again"},
    {"en.revoke", "revoke|withdraw|withdrawing|revoking @fill:2 consent|permission|authorization"},

    {"es.dejen-de",
     "deja|dejen|deje|dejad|dejar|paren|pare|parar|para|parad|cesen|cese de @es_fill:2 "
     "escrib*|mand*|envi*|molest*|contact*|text*|spam*"},
    {"es.dejen-de",
     "deja|dejen|deje|dejad|dejar|paren|pare|para|parad|cesen|cese|basta|alto|stop @es_fill:4 @msg"},
    {"es.dejen-de", "parenle|parale|pararle a|con @es_fill:3 @msg"},
    {"es.no-escriban", "no|nunca|ya .1 escriban|escribas|contacten|contactes|molesten|molestes|moleste $"},
    {"es.lista", "quitar|sacar|borrar|eliminar @es_fill:2 lista|listas|base"},
    {"es.basta", "basta de|con @es_fill:2 @msg"},
    {"es.basta", "^ ya basta $"},
    {"es.no-me-escriban",
     "no|nunca|jamas me|nos .1 "
     "escriban|escribas|escriba|contacten|contactes|contacte|molesten|molestes|moleste|"
     "texteen|textees"},
    {"es.no-me-manden", "no|nunca|jamas me|nos manden|mandes|mande|envien|envies|envie @es_fill:3 nada|@msg"},
    {"es.no-quiero", "no quiero|deseo|quisiera|queremos @es_fill:4 @msg"},
    {"es.no-quiero", "no quiero|deseo recibir mas|nada"},
    {"es.no-mas", "no|nada mas|de @es_fill:1 @msg"},
    {"es.lista",
     "quitenme|quiteme|quitame|saquenme|saqueme|sacame|eliminenme|elimineme|eliminame|borrenme|borreme|"
     "borrame|"
     "remuevanme|remuevame|quitar|quitarme|salir @es_fill:3 lista|listas"},
    {"es.lista", "saquenme|saqueme|eliminenme|elimineme|eliminame|borrenme|borreme|borrame $"},
    {"es.numero",
     "borren|borre|borra|eliminen|elimine|elimina|quiten|quite|quita|saquen|saque|saca @es_fill:2 "
     "numero|telefono|celular"},
    {"es.baja", "dame|denme|deme|dar|darme|darnos|date|den|dese|darse|doy de baja"},
    {"es.baja", "quiero|quisiera|solicito|pido la|mi|una baja $"},
    {"es.desuscribir", "desuscrib*"},
    {"es.desuscribir", "~desuscribirme"},
    {"es.cancelar", "cancelar|cancele|cancelen|cancela @es_fill:3 @msg"},
    {"es.en-paz", "dejenme|dejame|dejeme|dejadme|dejennos .1 en|tranquilo|tranquila|solo|sola .1 paz|$"},

    {"fr.arretez",
     "arretez|arrete|arreter|cessez|cesse|cesser|stop|stoppez @fr_fill:4 "
     "ecri*|envoy*|contact*|harcel*|embet*|"
     "spam*"},
    {"fr.arretez", "arretez|arrete|arreter|cessez|cesse|cesser|stop|stoppez @fr_fill:4 @msg"},
    {"fr.arretez", "arretez|cessez $"},
    {"fr.arretez", "marre|assez de|d @fr_fill:2 @msg"},
    {"fr.enlever",
     "m|me|moi|nous|mon enlever|retirer|supprimer|effacer|oter|enlevez|retirez|supprimez .3 "
     "liste|listes|contacts|base|fichier|fichiers|repertoire"},
    {"fr.arreter", "merci|veuillez d|de arreter $"},
    {"fr.ne-plus",
     "ne|n .2 ecrivez|ecris|envoyez|envoie|contactez|contacte|derangez|derange|embetez|importunez|sollicitez "
     "plus|jamais"},
    {"fr.ne-plus", "ne plus @fr_fill:2 recevoir|contacter|ecrire|envoyer|etre|deranger"},
    {"fr.veux-plus", "veux|souhaite|desire|voudrais|souhaitons|voulons plus @fr_fill:4 @msg"},
    {"fr.veux-plus", "veux|souhaite|desire|voudrais|souhaitons plus recevoir"},
    {"fr.plus-de", "^ plus|aucun|aucune de|d|jamais @fr_fill:1 @msg"},
    {"fr.desabonner", "desabonn*"},
    {"fr.desabonner", "~desabonner"},
    {"fr.desinscrire", "desinscri*"},
    {"fr.retirez",
     "retirez|retire|retirer|enlevez|enleve|enlever|supprimez|supprime|supprimer|effacez|efface|effacer|otez|"
     "rayez "
     "moi|nous|me"},
    {"fr.retirez",
     "retirez|retire|retirer|enlevez|enleve|enlever|supprimez|supprime|supprimer|effacez|efface|effacer "
     "mon|ce .1 numero|nom|tel"},
    {"fr.tranquille", "laissez|laisse moi|nous tranquille|tranquilles"},
    {"fr.tranquille", "laissez|laisse moi|nous en paix"},
    {"fr.tranquille", "fichez|foutez|fiche moi|nous la paix"},

    {"pt.parem",
     "parem|pare|para|parar|cessem|cesse de|com @pt_fill:2 "
     "mandar|enviar|escrever|mandarem|enviarem|incomodar|"
     "perturbar|contatar|enviando"},
    {"pt.parem", "parem|pare|para|parar|chega|cessem|stop de|com|as|os @pt_fill:4 @msg"},
    {"pt.nao-me", "nao|nunca me|nos .1 mande|mandem|envie|enviem @pt_fill:2 mais|nada|@msg"},
    {"pt.nao-me",
     "nao|nunca .1 me|nos .1 "
     "escreva|escrevam|contate|contatem|contacte|contactem|incomode|incomodem|perturbe"},
    {"pt.nao-me", "nao|favor .1 enviar|mandar|enviem|mandem|escrever mais $"},
    {"pt.parem", "^ parem @pt_fill:3 $"},
    {"pt.nao-quero", "nao quero|desejo|queremos|quer @pt_fill:4 @msg"},
    {"pt.nao-quero", "nao quero|desejo mais|nada receber"},
    {"pt.lista",
     "tire|tirem|tira|remova|removam|remove|retire|retirem|exclua|excluam .1 me|nos @pt_fill:1 "
     "da|dessa|desta|de|desse|do .1 lista|cadastro"},
    {"pt.lista",
     "me|nos tire|tirem|tira|remova|removam|remove|retire|retirem|exclua|excluam .1 "
     "da|dessa|desta|de|desse|do .1 lista|cadastro"},
    {"pt.lista", "sair da|dessa|desta|de lista"},
    {"pt.numero",
     "remova|removam|remover|retire|retirem|retirar|apague|apaguem|apagar|exclua|excluam|excluir|tire|tirem|"
     "delete "
     "@pt_fill:1 meu|este|esse numero|telefone|contato|cadastro|celular"},
    {"pt.descadastrar", "descadastr*"},
    {"pt.descadastrar", "~descadastrar"},
    {"pt.descadastrar", "desinscrev*"},
    {"pt.cancelar", "cancelar|cancele|cancelem|cancela @pt_fill:3 @msg"},
    {"pt.em-paz", "deixe|deixem|deixa .1 em paz"},
    {"pt.contato", "nao entre|entrem mais em contato"},

    {"de.horen-sie-auf", "hor|hort|horen|hoer|hoert|hoeren @de_fill:3 auf $"},
    {"de.horen-sie-auf",
     "hor|hort|horen|hoer|hoert|hoeren @de_fill:3 auf @de_fill:4 "
     "schreib*|schick*|send*|nerv*|kontakt*|belastig*|@msg"},
    {"de.aufhoren",
     "aufhoren|aufhort|aufzuhoren @de_fill:4 "
     "schreiben|schicken|senden|kontaktieren|nerven|belastigen|texten"},
    {"de.liste",
     "aus|von|vom dem|der|eurem|ihrem|eurer|ihrer .1 verteiler|liste|datenbank|newsletter .1 "
     "nehmen|streichen|loschen|entfernen|austragen"},
    {"de.keine-mehr", "keine|keinen|kein @de_fill:2 @msg mehr"},
    {"de.keine-mehr", "keine|keinen weiteren|weitere|weiterhin|mehr @msg"},
    {"de.keine-mehr", "bitte keine @msg"},
    {"de.nicht-mehr",
     "will|mochte|wunsche|wollen|mochten @de_fill:4 nicht|nichts mehr .1 bekommen|erhalten|kriegen"},
    {"de.nicht-mehr",
     "schreib*|send*|schick*|kontaktier* @de_fill:1 mir|uns|mich @de_fill:1 nicht|nichts|nie mehr|wieder"},
    {"de.nicht-mehr", "nicht|nie mehr kontaktier*|schreib*|anschreib*"},
    {"de.melden-ab", "melden|melde|meldet|meld @de_fill:3 ab"},
    {"de.abmelden", "^ @de_fill:2 abmelden|abmeldung|abmeldn|abmelde @de_fill:2 $"},
    {"de.abmelden", "ich mochte|will|wurde @de_fill:2 abmelden $"},
    {"de.abbestellen", "^ @de_fill:2 ~abbestellen @de_fill:2 $"},
    {"de.abbestellen", "@msg @de_fill:2 abbestellen|abbestell*|stornieren|kundigen"},
    {"de.austragen", "^ @de_fill:2 austragen @de_fill:2 $"},
    {"de.austragen", "trag|trage|tragen|tragt @de_fill:2 mich|uns .3 aus"},
    {"de.liste",
     "nimm|nehmt|nehmen|streich|streiche|streichen|streicht|losch|losche|loschen|loscht|entferne|entfernen|"
     "entfernt "
     "@de_fill:3 von|aus|vom .2 liste|verteiler|datenbank"},
    {"de.nummer",
     "losch|losche|loschen|loscht|entferne|entfernen|entfernt|streichen|streicht @de_fill:2 "
     "meine|meiner nummer|handynummer|telefonnummer|rufnummer"},
    {"de.nummer",
     "meine|meiner nummer|handynummer|telefonnummer|rufnummer @de_fill:2 loschen|entfernen|streichen"},
    {"de.ruhe", "lass|lasst|lassen @de_fill:2 in ruhe"},
    {"de.widerruf", "widerrufe|widerruf|widerrufen .2 einwilligung|zustimmung"},
    {"de.schluss", "schluss|genug @de_fill:3 @msg"},
    {"de.stoppt", "stopp|stoppt|stoppen|stop|beenden|beendet @de_fill:4 @msg"},
};

constexpr TextRule hedges[] = {
    {"en.maybe", "maybe|might|perhaps|unsure"},
    {"en.should-i", "should i|we"},
    {"en.not-sure", "not sure"},
    {"en.i-think", "think i .2 want|should"},
    {"es.quizas", "quizas|quiza|talvez"},
    {"fr.peut-etre", "peut etre"},
    {"pt.talvez", "talvez"},
    {"de.vielleicht", "vielleicht"},
};

constexpr TextRule doubtful[] = {
    {"net.no-writing", "@no .3 @write"},
    {"net.removing", "@remove .5 @kept"},
    {"net.halting", "@halting .4 @write"},
    {"net.remove-me", "@remove me|us|mich|uns|moi|nous|off|raus $"},
    {"net.halting", "recibir|receber|recevoir|erhalten|bekommen $"},
    {"spam", "spam|scam|phishing"},
    {"en.too-many", "too many|much @fill:1 @msg"},
    {"en.too-many", "so many @msg"},
    {"en.too-many", "@en_text .1 too much|often"},
    {"en.less", "@en_text|send|@msg .2 less|fewer"},
    {"en.less", "less|fewer @msg"},
    {"en.annoying", "annoying|annoyed|harass*|harassment|bothering"},
    {"en.why", "why .4 texting|messaging|texted|getting|receiving|contacting|sending"},
    {"en.who", "who gave|sold you|u my"},
    {"en.who", "how .3 get my number"},
    {"en.wrong-number", "wrong number|person"},
    {"en.not-interested", "^ not|im interested|not interested $"},
    {"en.not-interested", "^ not interested $"},
    {"en.go-away", "go away"},
    {"en.go-away", "fuck|piss|bugger|screw off|you"},
    {"en.legal", "lawyer|attorney|sue|lawsuit|fcc|ftc|tcpa|illegal|reporting|report you"},
    {"en.legal", "fcc|tcpa|lawsuit|illegal"},
    {"en.subscription", "cancel|end|stop @fill:2 subscription|membership"},
    {"en.maybe", "maybe|might|perhaps|should|think .4 stop|quit"},
    {"en.data", "delete|erase @fill:2 data|information|info|details"},
    {"stop-word", "stop|stopp|desist|discontinue|cease|unsubscribe|optout"},
    {"en.remove", "remove|delete|erase me|us|my .2 number|name|contact"},
    {"en.no-more", "no more|further @polite:2 $"},
    {"en.not-text", "dont|not|never|no .2 text|message|contact|txt|sms|messages|texts"},
    {"en.not-want", "dont|not|never|no .1 want|need|wish .3 text|texts|messages|message|these|anymore|from"},
    {"en.off", "get|take|me|number off|out .3 list|lists|contacts|system"},
    {"en.block", "block|blocking|blocked you|u|this|your|the|number"},
    {"en.consent", "consent|permission|authorize|authorized"},
    {"es.palabra", "parenle|dejen|basta|baja|desuscribir"},
    {"es.nada", "no|nada .2 saber|mensajes|mensaje|manden|envien|escriban"},
    {"es.lista", "lista|contactos .1 $"},
    {"fr.mot", "arretez|cessez|desinscription|marre"},
    {"fr.plus", "plus .2 @msg"},
    {"fr.ne-pas", "ne|n|pas|jamais .2 ecrire|ecrivez|envoyer|envoyez|contacter|contactez"},
    {"pt.palavra", "parem|chega|descadastro|descadastramento"},
    {"pt.nada", "nao .2 mais .1 nada|voces|enviar|mandar|@msg"},
    {"pt.numero", "meu numero"},
    {"de.wort", "aufhoren|stoppen|verteiler|widerruf|unerwunscht*|belastig*"},
    {"de.nichts", "nichts|nix|nie|nicht mehr .3 horen|bekommen|erhalten|schreiben|haben|kontakt*"},
    {"de.kein", "keine|keinen|kein .2 @msg"},
    {"de.liste", "liste|verteiler .1 $"},
    {"es.numero-equivocado", "numero|persona equivocad*"},
    {"es.numero-equivocado", "equivocaron|equivoco|equivocado"},
    {"es.demasiados", "muchos|demasiados|tantos @msg"},
    {"es.por-que", "por que .1 escrib*|mand*|envi*"},
    {"es.quien", "quien|donde .3 mi numero"},
    {"es.no-me-interesa", "^ no me interesa $"},
    {"es.suscripcion", "cancelar|cancele|cancelen|cancela @es_fill:2 suscripcion"},
    {"fr.trop", "trop|tant de|d @msg"},
    {"fr.pourquoi", "pourquoi .2 ecri*|envoy*"},
    {"fr.numero", "mauvais|faux numero"},
    {"fr.qui", "qui|ou .4 mon numero"},
    {"fr.pas-interesse", "^ .1 pas interess*"},
    {"fr.abonnement", "annuler|resilier @fr_fill:1 mon abonnement"},
    {"pt.demais", "@msg demais"},
    {"pt.demais", "muitas|tantas|muito|muitos @msg"},
    {"pt.por-que", "por|porque|pq .4 mand*|envi*"},
    {"pt.numero-errado", "numero errado"},
    {"pt.numero-errado", "e|foi engano"},
    {"pt.quem", "quem .2 meu numero"},
    {"pt.sem-interesse", "nao tenho interesse"},
    {"pt.inscricao", "cancelar|cancele|cancelem|cancela @pt_fill:2 inscricao|cadastro|assinatura"},
    {"de.zu-viele", "zu viele|viel @msg"},
    {"de.falsche-nummer", "falsche|falsch nummer|verbunden|person"},
    {"de.woher", "woher .4 nummer"},
    {"de.warum", "warum|wieso .1 schreib*|schick*|bekomm*|erhalt*"},
    {"de.kein-interesse", "kein interesse"},
    {"de.abmelden", "abmelden|abbestellen|austragen"},
};

}  // namespace

std::span<const TextClass> opt_out_classes() { return classes; }
std::span<const TextRule> harmless_rules() { return harmless; }
std::span<const TextRule> opt_out_rules() { return clear; }
std::span<const TextRule> hedge_rules() { return hedges; }
std::span<const TextRule> unsure_rules() { return doubtful; }

}  // namespace smscrm
