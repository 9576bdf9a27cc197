// One line, one number: several notations of a number that reach the same handset are brought into one of
// them.
//
// What comes out is E.164 and is dialled as it is: the key that people are known by is what the provider is
// given. A rule stands here only where a plan says that both notations are one subscriber's, whoever they
// are:
//
//   +52 1 and ten digits  -> +52 and the ten
//       Mexico wrote a 1 before mobile numbers seen from abroad until 3 August 2019; the ten digits were and
//       are the number. Some networks still send it. (Instituto Federal de Telecomunicaciones, Plan Técnico
//       Fundamental de Numeración of 11 May 2018;
//       twilio.com/blog/mexico-france-regulatory-compliance-updates-august-2019)
//   +54 and ten digits that begin with 11, 2 or 3  -> +54 9 and the ten
//       Argentina's area codes are shared by fixed and mobile lines, no ten digits belong to both. The 9 (15
//       at home) only says that the line is a mobile, and a text can reach no other. (ITU-T E.164, national
//       numbering plan of Argentina; libphonenumber, region AR)
//   +55, area, eight digits that begin with 6, 8, 9 or 71 to 76  -> +55, area, 9 and the eight
//       Brazil put a 9 before every mobile number, area by area from 29 July 2012 to 6 November 2016; fixed
//       lines begin with 2 to 5. 70 and 77 to 79 were trunked radio, which got no 9: they stay as they are,
//       since with a 9 they may be somebody else's. (Anatel, Resolução 553/2010 and Ato 6.539/2014)
//   +225 and eight digits of a mobile  -> +225, 07, 05 or 01, and the eight
//       Côte d'Ivoire, since 31 January 2021: 07 for those whose second digit is 7 to 9 (Orange), 05 for 4 to
//       6 (MTN), 01 for 0 to 3 (Moov). Other channels, WhatsApp for one, still name accounts by the eight.
//       (ARTCI, new numbering plan; libphonenumber, region CI)
//   +229 and eight digits but those that begin with 8  -> +229 01 and the eight
//       Benin, since 30 November 2024; what begins with 8 kept its eight digits. (ARCEP Bénin;
//       libphonenumber, BJ)
//   +241, a 0 or none, and seven digits that begin with 2, 4 to 7, or 0 and 1  -> +241, 6, 7 or 1, and the
//   seven
//       Gabon, since 15 November 2019: 2, 5 and 6 got a 6, 4 and 7 a 7, and 01 became 11. (ARCEP Gabon;
//       libphonenumber, region GA)
//
// Left apart: renumberings whose old notation may be another subscriber's now (Kosovo's +377 and +381), or
// has been out of use for years and reads as no number any more (Vietnam's 2018, Mauritius' 2013).
//
// What is stored goes by these rules too: a rule that is added or changed needs a migration that brings
// stored rows together, as migrations/0030_one_line.sql did; that one has them in SQL, and a test holds the
// two against each other.
#pragma once

#include <string>
#include <string_view>

namespace smscrm {

// `e164` has its plus; what no rule knows is returned as it is. Bringing a number there twice changes
// nothing.
std::string one_line(std::string_view e164);

}  // namespace smscrm
