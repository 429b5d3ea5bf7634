#!/bin/sh
# A signal of the backend, through the portal's REST:
#
#     PORTAL=https://example.bitrix24.com TOKEN=… ./signal.sh deal.won '{"deal":4711}'
#     PORTAL=https://example.bitrix24.com TOKEN=… ./signal.sh openPath '{"path":"/crm/deal/details/4711/"}'
#
# TOKEN is an access token of the app. A backend has one since the app was installed; for a try, the console of the
# hidden frame gives one for an hour: BX24.getAuth().access_token. USER_ID is who hears it (1); an administrator's token
# reaches everybody, another one only its own user. The token goes by stdin: a command line is everybody's to read.

set -eu
curl --silent --show-error --fail-with-body --header 'Content-Type: application/json' --data @- \
  "$PORTAL/rest/pull.application.event.add" <<JSON
{ "COMMAND": "$1", "MODULE_ID": "application", "USER_ID": ${USER_ID:-1}, "PARAMS": $2, "auth": "$TOKEN" }
JSON
echo
