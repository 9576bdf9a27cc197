// A line a country: the codes of ISO 3166-1 (two letters, three, digits), then its names in English and those
// that lists have for it. Names: iso3166.tab of tzdata (public domain), ISO 3166-1. Ascension and Tristan da
// Cunha are reserved codes, XK is in use for Kosovo; they have no digits. Long, for it is a table.
#include "core/phone/country.hpp"

namespace smscrm {

const std::string_view country_table = R"(AC ASC 000 Ascension Island|Ascension
AD AND 020 Andorra
AE ARE 784 United Arab Emirates|UAE|Emirates
AF AFG 004 Afghanistan
AG ATG 028 Antigua & Barbuda|Antigua and Barbuda
AI AIA 660 Anguilla
AL ALB 008 Albania
AM ARM 051 Armenia
AO AGO 024 Angola
AQ ATA 010 Antarctica
AR ARG 032 Argentina
AS ASM 016 Samoa (American)|American Samoa
AT AUT 040 Austria|Österreich
AU AUS 036 Australia
AW ABW 533 Aruba
AX ALA 248 Åland Islands|Aland Islands
AZ AZE 031 Azerbaijan
BA BIH 070 Bosnia & Herzegovina|Bosnia and Herzegovina|Bosnia
BB BRB 052 Barbados
BD BGD 050 Bangladesh
BE BEL 056 Belgium|Belgique|België
BF BFA 854 Burkina Faso
BG BGR 100 Bulgaria
BH BHR 048 Bahrain
BI BDI 108 Burundi
BJ BEN 204 Benin
BL BLM 652 St Barthelemy|Saint Barthélemy|Saint Barthelemy
BM BMU 060 Bermuda
BN BRN 096 Brunei|Brunei Darussalam
BO BOL 068 Bolivia|Bolivia, Plurinational State of|Plurinational State of Bolivia
BQ BES 535 Caribbean NL|Bonaire, Sint Eustatius and Saba|Bonaire|Caribbean Netherlands
BR BRA 076 Brazil|Brasil
BS BHS 044 Bahamas
BT BTN 064 Bhutan
BV BVT 074 Bouvet Island
BW BWA 072 Botswana
BY BLR 112 Belarus
BZ BLZ 084 Belize
CA CAN 124 Canada
CC CCK 166 Cocos (Keeling) Islands
CD COD 180 Congo (Dem. Rep.)|Congo, The Democratic Republic of the|Democratic Republic of the Congo|Congo Kinshasa|DR Congo|DRC
CF CAF 140 Central African Rep.|Central African Republic
CG COG 178 Congo (Rep.)|Republic of the Congo|Congo Brazzaville
CH CHE 756 Switzerland|Schweiz|Suisse|Svizzera
CI CIV 384 Côte d'Ivoire|Ivory Coast
CK COK 184 Cook Islands
CL CHL 152 Chile
CM CMR 120 Cameroon
CN CHN 156 China
CO COL 170 Colombia
CR CRI 188 Costa Rica
CU CUB 192 Cuba
CV CPV 132 Cape Verde|Cabo Verde
CW CUW 531 Curaçao|Curacao
CX CXR 162 Christmas Island
CY CYP 196 Cyprus
CZ CZE 203 Czech Republic|Czechia
DE DEU 276 Germany|Deutschland
DJ DJI 262 Djibouti
DK DNK 208 Denmark|Danmark
DM DMA 212 Dominica
DO DOM 214 Dominican Republic
DZ DZA 012 Algeria
EC ECU 218 Ecuador
EE EST 233 Estonia
EG EGY 818 Egypt
EH ESH 732 Western Sahara
ER ERI 232 Eritrea
ES ESP 724 Spain|España
ET ETH 231 Ethiopia
FI FIN 246 Finland|Suomi
FJ FJI 242 Fiji
FK FLK 238 Falkland Islands|Falkland Islands (Malvinas)|Falkland Islands Malvinas
FM FSM 583 Micronesia|Micronesia, Federated States of|Federated States of Micronesia
FO FRO 234 Faroe Islands
FR FRA 250 France
GA GAB 266 Gabon
GB GBR 826 Britain (UK)|United Kingdom|Great Britain|Britain|England|Scotland|Wales|Northern Ireland|UK|U.K.|United Kingdom of Great Britain and Northern Ireland
GD GRD 308 Grenada
GE GEO 268 Georgia
GF GUF 254 French Guiana
GG GGY 831 Guernsey
GH GHA 288 Ghana
GI GIB 292 Gibraltar
GL GRL 304 Greenland
GM GMB 270 Gambia
GN GIN 324 Guinea
GP GLP 312 Guadeloupe
GQ GNQ 226 Equatorial Guinea
GR GRC 300 Greece
GS SGS 239 South Georgia & the South Sandwich Islands|South Georgia and the South Sandwich Islands
GT GTM 320 Guatemala
GU GUM 316 Guam
GW GNB 624 Guinea-Bissau
GY GUY 328 Guyana
HK HKG 344 Hong Kong|Hong Kong SAR|Hong Kong SAR China
HM HMD 334 Heard Island & McDonald Islands|Heard Island and McDonald Islands
HN HND 340 Honduras
HR HRV 191 Croatia
HT HTI 332 Haiti
HU HUN 348 Hungary
ID IDN 360 Indonesia
IE IRL 372 Ireland
IL ISR 376 Israel
IM IMN 833 Isle of Man
IN IND 356 India
IO IOT 086 British Indian Ocean Territory
IQ IRQ 368 Iraq
IR IRN 364 Iran|Iran, Islamic Republic of|Islamic Republic of Iran
IS ISL 352 Iceland
IT ITA 380 Italy|Italia
JE JEY 832 Jersey
JM JAM 388 Jamaica
JO JOR 400 Jordan
JP JPN 392 Japan
KE KEN 404 Kenya
KG KGZ 417 Kyrgyzstan
KH KHM 116 Cambodia
KI KIR 296 Kiribati
KM COM 174 Comoros
KN KNA 659 St Kitts & Nevis|Saint Kitts and Nevis
KP PRK 408 Korea (North)|Korea, Democratic People's Republic of|North Korea|Democratic People's Republic of Korea
KR KOR 410 Korea (South)|Korea, Republic of|South Korea|Republic of Korea|Korea
KW KWT 414 Kuwait
KY CYM 136 Cayman Islands
KZ KAZ 398 Kazakhstan
LA LAO 418 Laos|Lao People's Democratic Republic|Lao
LB LBN 422 Lebanon
LC LCA 662 St Lucia|Saint Lucia
LI LIE 438 Liechtenstein
LK LKA 144 Sri Lanka
LR LBR 430 Liberia
LS LSO 426 Lesotho
LT LTU 440 Lithuania
LU LUX 442 Luxembourg
LV LVA 428 Latvia
LY LBY 434 Libya|Libyan Arab Jamahiriya
MA MAR 504 Morocco
MC MCO 492 Monaco
MD MDA 498 Moldova|Moldova, Republic of|Republic of Moldova
ME MNE 499 Montenegro
MF MAF 663 St Martin (French)|Saint Martin (French part)|Saint Martin
MG MDG 450 Madagascar
MH MHL 584 Marshall Islands
MK MKD 807 North Macedonia|Macedonia|Former Yugoslav Republic of Macedonia
ML MLI 466 Mali
MM MMR 104 Myanmar (Burma)|Myanmar|Burma
MN MNG 496 Mongolia
MO MAC 446 Macau|Macao|Macau SAR|Macau SAR China
MP MNP 580 Northern Mariana Islands
MQ MTQ 474 Martinique
MR MRT 478 Mauritania
MS MSR 500 Montserrat
MT MLT 470 Malta
MU MUS 480 Mauritius
MV MDV 462 Maldives
MW MWI 454 Malawi
MX MEX 484 Mexico|México
MY MYS 458 Malaysia
MZ MOZ 508 Mozambique
NA NAM 516 Namibia
NC NCL 540 New Caledonia
NE NER 562 Niger
NF NFK 574 Norfolk Island
NG NGA 566 Nigeria
NI NIC 558 Nicaragua
NL NLD 528 Netherlands|Holland|The Netherlands
NO NOR 578 Norway|Norge
NP NPL 524 Nepal
NR NRU 520 Nauru
NU NIU 570 Niue
NZ NZL 554 New Zealand
OM OMN 512 Oman
PA PAN 591 Panama
PE PER 604 Peru
PF PYF 258 French Polynesia
PG PNG 598 Papua New Guinea
PH PHL 608 Philippines
PK PAK 586 Pakistan
PL POL 616 Poland|Polska
PM SPM 666 St Pierre & Miquelon|Saint Pierre and Miquelon
PN PCN 612 Pitcairn
PR PRI 630 Puerto Rico
PS PSE 275 Palestine|Palestine, State of|Palestinian Territory|State of Palestine|Palestinian Territories
PT PRT 620 Portugal
PW PLW 585 Palau
PY PRY 600 Paraguay
QA QAT 634 Qatar
RE REU 638 Réunion|Reunion
RO ROU 642 Romania
RS SRB 688 Serbia
RU RUS 643 Russia|Russian Federation
RW RWA 646 Rwanda
SA SAU 682 Saudi Arabia
SB SLB 090 Solomon Islands
SC SYC 690 Seychelles
SD SDN 729 Sudan
SE SWE 752 Sweden|Sverige
SG SGP 702 Singapore
SH SHN 654 St Helena|Saint Helena, Ascension and Tristan da Cunha|Saint Helena
SI SVN 705 Slovenia
SJ SJM 744 Svalbard & Jan Mayen|Svalbard and Jan Mayen
SK SVK 703 Slovakia
SL SLE 694 Sierra Leone
SM SMR 674 San Marino
SN SEN 686 Senegal
SO SOM 706 Somalia
SR SUR 740 Suriname
SS SSD 728 South Sudan
ST STP 678 Sao Tome & Principe|Sao Tome and Principe
SV SLV 222 El Salvador
SX SXM 534 St Maarten (Dutch)|Sint Maarten (Dutch part)|Sint Maarten
SY SYR 760 Syria|Syrian Arab Republic
SZ SWZ 748 Eswatini (Swaziland)|Eswatini|Swaziland
TA TAA 000 Tristan da Cunha
TC TCA 796 Turks & Caicos Is|Turks and Caicos Islands
TD TCD 148 Chad
TF ATF 260 French S. Terr.|French Southern Territories
TG TGO 768 Togo
TH THA 764 Thailand
TJ TJK 762 Tajikistan
TK TKL 772 Tokelau
TL TLS 626 East Timor|Timor-Leste
TM TKM 795 Turkmenistan
TN TUN 788 Tunisia
TO TON 776 Tonga
TR TUR 792 Turkey|Türkiye
TT TTO 780 Trinidad & Tobago|Trinidad and Tobago
TV TUV 798 Tuvalu
TW TWN 158 Taiwan|Taiwan, Province of China
TZ TZA 834 Tanzania|Tanzania, United Republic of|United Republic of Tanzania
UA UKR 804 Ukraine
UG UGA 800 Uganda
UM UMI 581 US minor outlying islands|United States Minor Outlying Islands
US USA 840 United States|United States of America|U.S.|U.S.A.|America|Etats Unis|Estados Unidos|EE.UU.
UY URY 858 Uruguay
UZ UZB 860 Uzbekistan
VA VAT 336 Vatican City|Holy See (Vatican City State)|Vatican|Holy See|Vatican City State
VC VCT 670 St Vincent|Saint Vincent and the Grenadines
VE VEN 862 Venezuela|Venezuela, Bolivarian Republic of|Bolivarian Republic of Venezuela
VG VGB 092 Virgin Islands (UK)|Virgin Islands, British|British Virgin Islands|Virgin Islands British
VI VIR 850 Virgin Islands (US)|Virgin Islands, U.S.|US Virgin Islands|Virgin Islands US|United States Virgin Islands
VN VNM 704 Vietnam|Viet Nam
VU VUT 548 Vanuatu
WF WLF 876 Wallis & Futuna|Wallis and Futuna
WS WSM 882 Samoa (western)|Samoa
XK XKX 000 Kosovo
YE YEM 887 Yemen
YT MYT 175 Mayotte
ZA ZAF 710 South Africa
ZM ZMB 894 Zambia
ZW ZWE 716 Zimbabwe
)";

}  // namespace smscrm
