#!/bin/sh
# Makes two contacts, texts them with a campaign, and follows it to its end. Needs curl and sed.
#   SMSCRM=https://sms.example.com/api/v1/tenants/acme SMSCRM_KEY=smscrm_… ./campaign.sh NAME NUMBER NUMBER
set -eu
name=$1
shift

# call METHOD PATH [BODY]: prints the answer; a refusal ends the script with the API's own words.
call() {
  curl -sS --fail-with-body -X "$1" -H "Authorization: Bearer $SMSCRM_KEY" -H "Content-Type: application/json" \
    -H "Idempotency-Key: $name $1 $2" "$SMSCRM$2" ${3:+--data "$3"}
}
# field NAME: the text of a field of the answer on standard input.
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }

call POST /lists "{\"list\": \"$name\"}" >/dev/null
for number; do
  # A key of its own for each: the path is the same.
  curl -sS --fail-with-body -H "Authorization: Bearer $SMSCRM_KEY" -H "Content-Type: application/json" \
    -H "Idempotency-Key: $name $number" "$SMSCRM/contacts" \
    --data "{\"phone\": \"$number\", \"lists\": [\"$name\"], \"consent_source\": \"example\"}" >/dev/null
done
call POST /templates "{\"template\": \"$name\", \"body\": \"Hi {{first_name|there}}! STOP to end\"}" >/dev/null
call POST /campaigns "{\"campaign\": \"$name\", \"template\": \"$name\", \"audience\": \"list:$name\"}" >/dev/null
if [ "$(call GET "/campaigns/$name" | field status)" = draft ]; then
  plan=$(call POST "/campaigns/$name/preflight" | field plan_hash)
  call POST "/campaigns/$name/launch" "{\"plan_hash\": \"$plan\"}" >/dev/null
fi
until [ "$(call GET "/campaigns/$name" | field status)" = finished ]; do sleep 1; done
call GET "/campaigns/$name/status"
