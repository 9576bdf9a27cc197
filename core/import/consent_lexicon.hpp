// The words of core/import/consent_words.cpp, which says how they are read: lower case, without accents.
#pragma once

#include <string_view>

namespace smscrm::consent_lexicon {

// clang-format off

// A word that ends in "*" stands for all that begin so.
inline constexpr std::string_view text_channel[] = {
    "sms", "smses", "mms", "text", "texts", "texting", "texted", "textmessage", "textmessages", "txt",
    "txts", "smsen"};
inline constexpr std::string_view other_channel[] = {
    "email*", "mail", "mails", "mailing*", "newsletter*", "whatsapp", "push", "fax", "postal", "post",
    "letter*", "telegram", "viber", "web", "browser", "cookie*", "print", "courriel", "correo", "brief",
    "post*", "voice", "voip", "messenger", "instagram", "facebook", "wechat", "line"};
inline constexpr std::string_view specific_no[] = {
    "optout*", "optedout", "unsub*", "dnc", "dnt", "dnd", "desabonn*", "desinscri*", "descadastr*",
    "desuscri*", "desuscrit*", "disiscri*", "abgemeld*", "abmeld*", "abbestell*", "afgemeld",
    "uitgeschreven", "donotcontact", "donottext", "donotsms", "donotcall", "donotmessage", "dontcontact",
    "donttext", "nosms", "notexts", "notext", "nocontact", "werbesperre", "smsstop", "stopsms", "stopall"};
inline constexpr std::string_view general_no[] = {
    "block", "blocked", "blocklist*", "blacklist*", "suppress*", "revoke*", "withdraw*", "withdrew",
    "declin*", "refus*", "denied", "object", "objected", "objection*", "widerspr*", "widerruf*", "sperr*",
    "gesperrt", "opposition", "oppose*", "rifiut*", "rechaz*", "recus*", "baja", "stop", "stopped",
    "stops", "exclude", "excluded", "exclusion", "quiere baja"};
inline constexpr std::string_view yes_stems[] = {
    "consent*", "optin*", "optedin", "subscri*", "accept*", "agree*", "allow*", "permit*", "permission*",
    "authori*", "approv*", "okay", "ok", "contactable", "textable", "optstatus", "enabled", "eligible",
    "einwillig*", "zustimm*", "einverst*", "erlaub*", "angemeld*", "abonn*", "accord", "autori*",
    "inscri*", "acept*", "autoriz*", "suscri*", "suscrit*", "aceit*", "consens*", "accett*", "iscri*",
    "toestemming", "aangemeld", "akkoord", "samtyck*", "samtykke", "zgoda", "souhlas*", "onay", "izin",
    "doubleoptin", "receive*", "receiving", "wants", "agrees", "can", "may", "marketable", "reachable"};
// What makes "SMS …" a statement on consent though no word of it says so.
inline constexpr std::string_view status_words[] = {
    "status", "state", "marketing", "ok", "yn", "enabled", "active", "alert*", "update*", "notification*",
    "offers", "promo*", "subscriber"};
inline constexpr std::string_view negations[] = {
    "no", "not", "never", "dont", "doesnt", "didnt", "without", "non", "kein", "keine", "keinen", "nicht",
    "ne", "sans", "nao", "niet", "geen", "sin", "senza", "nunca", "jamais", "cannot", "cant", "nie"};
// What one is not to do.
inline constexpr std::string_view contact_stems[] = {
    "contact*", "kontakt*", "contat*", "contatt*", "text*", "txt*", "sms*", "mms", "call*", "message*",
    "messaging", "mensaj*", "mensag*", "messag*", "nachricht*", "send*", "envi*", "invi*", "llam*",
    "ligar", "appel*", "chiam*", "bell*", "anruf*", "anschreib*", "stor*", "disturb*", "molest*",
    "derang*", "perturb*", "market*", "werb*", "solicit*", "phone*", "promo*", "publicid*", "benader*",
    "reach*", "notify", "ring"};
inline constexpr std::string_view time_words[] = {
    "date", "time", "at", "timestamp", "when", "on", "datetime", "datum", "fecha", "data", "zeit",
    "since", "updated", "day", "changed", "am", "le"};
// Of how it came to be, which a cell has only where it did: of an opt-out as good as the thing itself.
inline constexpr std::string_view manner_words[] = {
    "reason", "reasons", "keyword", "method", "source", "channel", "by", "grund", "motif", "motivo",
    "via"};
// About the matter, and no statement.
inline constexpr std::string_view matter_words[] = {
    "ip", "url", "link", "page", "form", "id", "version", "language", "wording", "count", "number",
    "numbers", "level", "code", "token", "type", "proof", "evidence", "name", "agent", "note", "notes",
    "comment", "comments", "plan", "price", "fee", "total", "renewal", "expires", "expiry", "campaign",
    "rate", "instructions"};
// What may stand beside a word that is not of texts by itself.
inline constexpr std::string_view filling[] = {
    "marketing", "status", "state", "to", "for", "is", "has", "have", "i", "we", "you", "us", "me", "my",
    "opt", "in", "out", "communication*", "promo*", "offers", "messages", "message", "messaging",
    "customer*", "client*", "user", "subscriber*", "member*", "lead", "list", "audience", "all", "of",
    "from", "and", "or", "the", "gdpr", "tcpa", "legal", "yes", "no", "flag", "value", "given", "company",
    "our", "channel*", "updates", "notification*", "brand", "contact*", "kontakt*", "person", "people",
    "any", "a", "an", "was", "been", "les", "le", "la", "de", "der", "die", "das", "zu", "per", "by",
    "mobile", "phone", "cell", "phones", "calls", "call*", "does", "do", "did", "dsgvo", "werb*",
    "publicid*", "sub", "not", "never", "yn", "dado", "dada", "please", "bitte", "fully", "express*",
    "explicit*", "alert*", "offer*", "date", "time", "at", "timestamp", "when", "on", "already", "now",
    "permission*", "consent*"};

inline constexpr std::string_view blanks[] = {
    "", "na", "null", "nil", "none", "nan", "notapplicable", "notset", "unset", "undefined", "empty",
    "keineangabe", "00000000", "00000000000000"};
inline constexpr std::string_view yes_cells[] = {
    "yes", "y", "true", "t", "1", "10", "x", "optin", "optedin", "subscribed", "subscribe", "granted",
    "given", "agreed", "agree", "accepted", "accept", "allowed", "allow", "ok", "okay", "on", "enabled",
    "checked", "consented", "consent", "confirmed", "authorized", "authorised", "permitted", "active",
    "doubleoptin", "doubleoptedin", "singleoptin", "confirmedoptin", "explicit", "expressed", "si", "oui",
    "ja", "sim", "tak", "ano", "evet", "igen", "joo", "kylla", "wahr", "vrai", "verdadero", "verdadeiro",
    "vero", "yessubscribed", "subscriber", "hassubscribed", "isubscribed", "acepto", "acepta", "aceito",
    "accepte", "accetto", "angemeldet", "abonne", "suscrito", "inscrito", "iscritto", "inscrit",
    "erteilt", "zugestimmt", "aangemeld", "да", "Да", "ДА", "是", "はい", "예", "✓", "✔", "☑", "✅"};
inline constexpr std::string_view plain_no[] = {
    "no", "n", "false", "f", "0", "00", "off", "never", "non", "nein", "nao", "nee", "nej", "nie", "ne",
    "hayir", "nem", "ei", "nope", "nah", "falsch", "faux", "falso", "disabled", "unchecked", "нет", "Нет",
    "НЕТ", "否", "いいえ", "아니요", "✗", "✘", "❌", "☐"};
inline constexpr std::string_view status_no[] = {
    "denied", "refused", "revoked", "withdrawn", "stop", "stopped", "declined", "blocked", "blacklisted",
    "blocklisted", "suppressed", "rejected", "cancelled", "canceled", "removed", "inactive", "redacted",
    "deleted", "optout", "unsub", "lapsed", "expired", "revoke", "decline", "nonsubscriber",
    "nonsubscribed", "notsubscribed", "neversubscribed", "notallowed", "notgiven", "notgranted",
    "notconsented", "noconsent", "notoptedin"};

// clang-format on

}  // namespace smscrm::consent_lexicon
