/* SPDX-License-Identifier: MIT */
/* The error codes of MQTT that tell of a parameter: with AT+SYSLOG=1 each command here has one
 * fault, and its code is asked for. The commands about topics are sent while connected, so that the
 * state is no second fault. */
#include "codes.h"

#define X10  "aaaaaaaaaa"
#define X33  X10 X10 X10 "aaa"
#define X65  X33 X10 X10 X10 "aa"
#define X129 X65 X10 X10 X10 X10 X10 X10 "aaaa"

/* ---- link ID ---- */

Test(err_code, link_id_read_failed, REQ("ERR_CODE-16"))
{
	enter_user_codes();
	refused("AT+MQTTUSERCFG=\"0\",1,\"id\",\"user\",\"secret\",0,0,\"\"", 0x6010);
	refused("AT+MQTTCLIENTID=word,\"id\"", 0x6010);
	refused("AT+MQTTUSERNAME=\"0\",\"user\"", 0x6010);
	refused("AT+MQTTPASSWORD=word,\"secret\"", 0x6010);
	refused("AT+MQTTCONNCFG=word,120,0,\"a/b\",\"gone\",0,0", 0x6010);
	refused("AT+MQTTCONN=\"0\",\"192.0.2.1\",1883,0", 0x6010);
	refused("AT+MQTTCLEAN=word", 0x6010);
	leave_codes();
}

Test(err_code, link_id_read_failed_when_connected, REQ("ERR_CODE-16"), TAGS("needs:broker"))
{
	enter_connected_codes();
	refused("AT+MQTTPUB=word,\"a/b\",\"text\",0,0", 0x6010);
	refused("AT+MQTTPUBRAW=word,\"a/b\",4,0,0", 0x6010);
	refused("AT+MQTTSUB=word,\"a/b\",0", 0x6010);
	refused("AT+MQTTUNSUB=word,\"a/b\"", 0x6010);
	leave_codes();
}

Test(err_code, link_id_value_is_wrong, REQ("ERR_CODE-17"))
{
	enter_user_codes();
	refused("AT+MQTTUSERCFG=1,1,\"id\",\"user\",\"secret\",0,0,\"\"", 0x6011);
	refused("AT+MQTTCLIENTID=1,\"id\"", 0x6011);
	refused("AT+MQTTUSERNAME=1,\"user\"", 0x6011);
	refused("AT+MQTTPASSWORD=-1,\"secret\"", 0x6011);
	refused("AT+MQTTCONNCFG=1,120,0,\"a/b\",\"gone\",0,0", 0x6011);
	refused("AT+MQTTCONN=1,\"192.0.2.1\",1883,0", 0x6011);
	refused("AT+MQTTCLEAN=1", 0x6011);
	leave_codes();
}

Test(err_code, link_id_value_is_wrong_when_connected, REQ("ERR_CODE-17"), TAGS("needs:broker"))
{
	enter_connected_codes();
	refused("AT+MQTTPUB=1,\"a/b\",\"text\",0,0", 0x6011);
	refused("AT+MQTTPUBRAW=1,\"a/b\",4,0,0", 0x6011);
	refused("AT+MQTTSUB=1,\"a/b\",0", 0x6011);
	refused("AT+MQTTUNSUB=1,\"a/b\"", 0x6011);
	leave_codes();
}

/* ---- AT+MQTTUSERCFG, AT+MQTTCLIENTID, AT+MQTTUSERNAME, AT+MQTTPASSWORD ---- */

Test(err_code, scheme_read_failed, REQ("ERR_CODE-18"))
{
	enter_codes();
	refused("AT+MQTTUSERCFG=0,word,\"id\",\"user\",\"secret\",0,0,\"\"", 0x6012);
	refused("AT+MQTTUSERCFG=0,\"1\",\"id\",\"user\",\"secret\",0,0,\"\"", 0x6012);
	leave_codes();
}

Test(err_code, scheme_value_is_wrong, REQ("ERR_CODE-19"))
{
	enter_codes();
	refused("AT+MQTTUSERCFG=0,0,\"id\",\"user\",\"secret\",0,0,\"\"", 0x6013);
	refused("AT+MQTTUSERCFG=0,11,\"id\",\"user\",\"secret\",0,0,\"\"", 0x6013);
	leave_codes();
}

Test(err_code, client_id_read_failed, REQ("ERR_CODE-20"))
{
	enter_codes();
	refused("AT+MQTTUSERCFG=0,1,word,\"user\",\"secret\",0,0,\"\"", 0x6014);
	leave_codes();
}

Test(err_code, client_id_read_failed_by_itself, REQ("ERR_CODE-20"))
{
	enter_user_codes();
	refused("AT+MQTTCLIENTID=0,word", 0x6014);
	leave_codes();
}

Test(err_code, client_id_is_null, REQ("ERR_CODE-21"))
{
	enter_codes();
	refused("AT+MQTTUSERCFG=0,1,,\"user\",\"secret\",0,0,\"\"", 0x6015);
	leave_codes();
}

Test(err_code, client_id_is_null_by_itself, REQ("ERR_CODE-21"))
{
	enter_user_codes();
	refused("AT+MQTTCLIENTID=0,", 0x6015);
	leave_codes();
}

Test(err_code, username_read_failed, REQ("ERR_CODE-23"))
{
	enter_codes();
	refused("AT+MQTTUSERCFG=0,1,\"id\",word,\"secret\",0,0,\"\"", 0x6017);
	leave_codes();
}

Test(err_code, username_read_failed_by_itself, REQ("ERR_CODE-23"))
{
	enter_user_codes();
	refused("AT+MQTTUSERNAME=0,word", 0x6017);
	leave_codes();
}

Test(err_code, username_is_null, REQ("ERR_CODE-24"))
{
	enter_codes();
	refused("AT+MQTTUSERCFG=0,1,\"id\",,\"secret\",0,0,\"\"", 0x6018);
	leave_codes();
}

Test(err_code, username_is_null_by_itself, REQ("ERR_CODE-24"))
{
	enter_user_codes();
	refused("AT+MQTTUSERNAME=0,", 0x6018);
	leave_codes();
}

Test(err_code, username_is_overlength, REQ("ERR_CODE-25"))
{
	enter_codes();
	refused("AT+MQTTUSERCFG=0,1,\"id\",\"" X65 "\",\"secret\",0,0,\"\"", 0x6019);
	leave_codes();
}

Test(err_code, password_read_failed, REQ("ERR_CODE-26"))
{
	enter_codes();
	refused("AT+MQTTUSERCFG=0,1,\"id\",\"user\",word,0,0,\"\"", 0x601A);
	leave_codes();
}

Test(err_code, password_read_failed_by_itself, REQ("ERR_CODE-26"))
{
	enter_user_codes();
	refused("AT+MQTTPASSWORD=0,word", 0x601A);
	leave_codes();
}

Test(err_code, password_is_null, REQ("ERR_CODE-27"))
{
	enter_codes();
	refused("AT+MQTTUSERCFG=0,1,\"id\",\"user\",,0,0,\"\"", 0x601B);
	leave_codes();
}

Test(err_code, password_is_null_by_itself, REQ("ERR_CODE-27"))
{
	enter_user_codes();
	refused("AT+MQTTPASSWORD=0,", 0x601B);
	leave_codes();
}

Test(err_code, password_is_overlength, REQ("ERR_CODE-28"))
{
	enter_codes();
	refused("AT+MQTTUSERCFG=0,1,\"id\",\"user\",\"" X65 "\",0,0,\"\"", 0x601C);
	leave_codes();
}

Test(err_code, cert_key_id_read_failed, REQ("ERR_CODE-29"))
{
	enter_codes();
	refused("AT+MQTTUSERCFG=0,1,\"id\",\"user\",\"secret\",word,0,\"\"", 0x601D);
	refused("AT+MQTTUSERCFG=0,1,\"id\",\"user\",\"secret\",\"0\",0,\"\"", 0x601D);
	leave_codes();
}

Test(err_code, cert_key_id_value_is_wrong, REQ("ERR_CODE-30"))
{
	enter_codes();
	refused("AT+MQTTUSERCFG=0,1,\"id\",\"user\",\"secret\",1,0,\"\"", 0x601E);
	refused("AT+MQTTUSERCFG=0,1,\"id\",\"user\",\"secret\",-1,0,\"\"", 0x601E);
	leave_codes();
}

Test(err_code, ca_id_read_failed, REQ("ERR_CODE-31"))
{
	enter_codes();
	refused("AT+MQTTUSERCFG=0,1,\"id\",\"user\",\"secret\",0,word,\"\"", 0x601F);
	refused("AT+MQTTUSERCFG=0,1,\"id\",\"user\",\"secret\",0,\"0\",\"\"", 0x601F);
	leave_codes();
}

Test(err_code, ca_id_value_is_wrong, REQ("ERR_CODE-32"))
{
	enter_codes();
	refused("AT+MQTTUSERCFG=0,1,\"id\",\"user\",\"secret\",0,1,\"\"", 0x6020);
	refused("AT+MQTTUSERCFG=0,1,\"id\",\"user\",\"secret\",0,-1,\"\"", 0x6020);
	leave_codes();
}

Test(err_code, path_read_failed, REQ("ERR_CODE-39"))
{
	enter_codes();
	refused("AT+MQTTUSERCFG=0,1,\"id\",\"user\",\"secret\",0,0,word", 0x6027);
	leave_codes();
}

Test(err_code, path_is_null, REQ("ERR_CODE-40"))
{
	enter_codes();
	refused("AT+MQTTUSERCFG=0,1,\"id\",\"user\",\"secret\",0,0,", 0x6028);
	leave_codes();
}

Test(err_code, path_is_overlength, REQ("ERR_CODE-41"))
{
	enter_codes();
	refused("AT+MQTTUSERCFG=0,1,\"id\",\"user\",\"secret\",0,0,\"" X33 "\"", 0x6029);
	leave_codes();
}

/* ---- AT+MQTTCONNCFG ---- */

Test(err_code, keepalive_read_failed, REQ("ERR_CODE-43"))
{
	enter_user_codes();
	refused("AT+MQTTCONNCFG=0,word,0,\"a/b\",\"gone\",0,0", 0x602B);
	refused("AT+MQTTCONNCFG=0,\"120\",0,\"a/b\",\"gone\",0,0", 0x602B);
	leave_codes();
}

Test(err_code, keepalive_is_null, REQ("ERR_CODE-44"))
{
	enter_user_codes();
	refused("AT+MQTTCONNCFG=0,,0,\"a/b\",\"gone\",0,0", 0x602C);
	leave_codes();
}

Test(err_code, keepalive_value_is_wrong, REQ("ERR_CODE-45"))
{
	enter_user_codes();
	refused("AT+MQTTCONNCFG=0,-1,0,\"a/b\",\"gone\",0,0", 0x602D);
	refused("AT+MQTTCONNCFG=0,7201,0,\"a/b\",\"gone\",0,0", 0x602D);
	leave_codes();
}

Test(err_code, disable_clean_session_read_failed, REQ("ERR_CODE-46"))
{
	enter_user_codes();
	refused("AT+MQTTCONNCFG=0,120,word,\"a/b\",\"gone\",0,0", 0x602E);
	refused("AT+MQTTCONNCFG=0,120,\"0\",\"a/b\",\"gone\",0,0", 0x602E);
	leave_codes();
}

Test(err_code, disable_clean_session_value_is_wrong, REQ("ERR_CODE-47"))
{
	enter_user_codes();
	refused("AT+MQTTCONNCFG=0,120,2,\"a/b\",\"gone\",0,0", 0x602F);
	refused("AT+MQTTCONNCFG=0,120,-1,\"a/b\",\"gone\",0,0", 0x602F);
	leave_codes();
}

Test(err_code, lwt_topic_read_failed, REQ("ERR_CODE-48"))
{
	enter_user_codes();
	refused("AT+MQTTCONNCFG=0,120,0,word,\"gone\",0,0", 0x6030);
	leave_codes();
}

Test(err_code, lwt_topic_is_null, REQ("ERR_CODE-49"))
{
	enter_user_codes();
	refused("AT+MQTTCONNCFG=0,120,0,,\"gone\",0,0", 0x6031);
	leave_codes();
}

Test(err_code, lwt_topic_is_overlength, REQ("ERR_CODE-50"))
{
	enter_user_codes();
	refused("AT+MQTTCONNCFG=0,120,0,\"" X65 "\",\"gone\",0,0", 0x6032);
	leave_codes();
}

Test(err_code, lwt_msg_read_failed, REQ("ERR_CODE-51"))
{
	enter_user_codes();
	refused("AT+MQTTCONNCFG=0,120,0,\"a/b\",word,0,0", 0x6033);
	leave_codes();
}

Test(err_code, lwt_msg_is_null, REQ("ERR_CODE-52"))
{
	enter_user_codes();
	refused("AT+MQTTCONNCFG=0,120,0,\"a/b\",,0,0", 0x6034);
	leave_codes();
}

Test(err_code, lwt_msg_is_overlength, REQ("ERR_CODE-53"))
{
	enter_user_codes();
	refused("AT+MQTTCONNCFG=0,120,0,\"a/b\",\"" X65 "\",0,0", 0x6035);
	leave_codes();
}

Test(err_code, lwt_qos_read_failed, REQ("ERR_CODE-54"))
{
	enter_user_codes();
	refused("AT+MQTTCONNCFG=0,120,0,\"a/b\",\"gone\",word,0", 0x6036);
	refused("AT+MQTTCONNCFG=0,120,0,\"a/b\",\"gone\",\"0\",0", 0x6036);
	leave_codes();
}

Test(err_code, lwt_qos_value_is_wrong, REQ("ERR_CODE-55"))
{
	enter_user_codes();
	refused("AT+MQTTCONNCFG=0,120,0,\"a/b\",\"gone\",3,0", 0x6037);
	refused("AT+MQTTCONNCFG=0,120,0,\"a/b\",\"gone\",-1,0", 0x6037);
	leave_codes();
}

Test(err_code, lwt_retain_read_failed, REQ("ERR_CODE-56"))
{
	enter_user_codes();
	refused("AT+MQTTCONNCFG=0,120,0,\"a/b\",\"gone\",0,word", 0x6038);
	refused("AT+MQTTCONNCFG=0,120,0,\"a/b\",\"gone\",0,\"0\"", 0x6038);
	leave_codes();
}

Test(err_code, lwt_retain_value_is_wrong, REQ("ERR_CODE-57"))
{
	enter_user_codes();
	refused("AT+MQTTCONNCFG=0,120,0,\"a/b\",\"gone\",0,2", 0x6039);
	refused("AT+MQTTCONNCFG=0,120,0,\"a/b\",\"gone\",0,-1", 0x6039);
	leave_codes();
}

/* ---- AT+MQTTCONN ---- */

Test(err_code, host_read_failed, REQ("ERR_CODE-58"))
{
	enter_user_codes();
	refused("AT+MQTTCONN=0,word,1883,0", 0x603A);
	leave_codes();
}

Test(err_code, host_is_null, REQ("ERR_CODE-59"))
{
	enter_user_codes();
	refused("AT+MQTTCONN=0,,1883,0", 0x603B);
	leave_codes();
}

Test(err_code, host_is_overlength, REQ("ERR_CODE-60"))
{
	enter_user_codes();
	refused("AT+MQTTCONN=0,\"" X129 "\",1883,0", 0x603C);
	leave_codes();
}

Test(err_code, port_read_failed, REQ("ERR_CODE-61"))
{
	enter_user_codes();
	refused("AT+MQTTCONN=0,\"192.0.2.1\",word,0", 0x603D);
	refused("AT+MQTTCONN=0,\"192.0.2.1\",\"1883\",0", 0x603D);
	leave_codes();
}

Test(err_code, port_value_is_wrong, REQ("ERR_CODE-62"))
{
	enter_user_codes();
	refused("AT+MQTTCONN=0,\"192.0.2.1\",0,0", 0x603E);
	refused("AT+MQTTCONN=0,\"192.0.2.1\",65536,0", 0x603E);
	leave_codes();
}

Test(err_code, reconnect_read_failed, REQ("ERR_CODE-63"))
{
	enter_user_codes();
	refused("AT+MQTTCONN=0,\"192.0.2.1\",1883,word", 0x603F);
	refused("AT+MQTTCONN=0,\"192.0.2.1\",1883,\"0\"", 0x603F);
	leave_codes();
}

Test(err_code, reconnect_value_is_wrong, REQ("ERR_CODE-64"))
{
	enter_user_codes();
	refused("AT+MQTTCONN=0,\"192.0.2.1\",1883,2", 0x6040);
	refused("AT+MQTTCONN=0,\"192.0.2.1\",1883,-1", 0x6040);
	leave_codes();
}

/* ---- AT+MQTTPUB, AT+MQTTPUBRAW, AT+MQTTSUB, AT+MQTTUNSUB ---- */

Test(err_code, topic_read_failed, REQ("ERR_CODE-65"), TAGS("needs:broker"))
{
	enter_connected_codes();
	refused("AT+MQTTPUB=0,word,\"text\",0,0", 0x6041);
	refused("AT+MQTTPUBRAW=0,word,4,0,0", 0x6041);
	refused("AT+MQTTSUB=0,word,0", 0x6041);
	refused("AT+MQTTUNSUB=0,word", 0x6041);
	leave_codes();
}

Test(err_code, topic_is_null, REQ("ERR_CODE-66"), TAGS("needs:broker"))
{
	enter_connected_codes();
	refused("AT+MQTTPUB=0,,\"text\",0,0", 0x6042);
	refused("AT+MQTTPUBRAW=0,,4,0,0", 0x6042);
	refused("AT+MQTTSUB=0,,0", 0x6042);
	refused("AT+MQTTUNSUB=0,", 0x6042);
	leave_codes();
}

Test(err_code, topic_is_overlength, REQ("ERR_CODE-67"), TAGS("needs:broker"))
{
	enter_connected_codes();
	refused("AT+MQTTPUB=0,\"" X65 "\",\"text\",0,0", 0x6043);
	refused("AT+MQTTPUBRAW=0,\"" X65 "\",4,0,0", 0x6043);
	refused("AT+MQTTSUB=0,\"" X65 "\",0", 0x6043);
	refused("AT+MQTTUNSUB=0,\"" X65 "\"", 0x6043);
	leave_codes();
}

Test(err_code, data_read_failed, REQ("ERR_CODE-68"), TAGS("needs:broker"))
{
	enter_connected_codes();
	refused("AT+MQTTPUB=0,\"a/b\",word,0,0", 0x6044);
	leave_codes();
}

Test(err_code, data_is_null, REQ("ERR_CODE-69"), TAGS("needs:broker"))
{
	enter_connected_codes();
	refused("AT+MQTTPUB=0,\"a/b\",,0,0", 0x6045);
	leave_codes();
}

Test(err_code, qos_read_failed, REQ("ERR_CODE-71"), TAGS("needs:broker"))
{
	enter_connected_codes();
	refused("AT+MQTTPUB=0,\"a/b\",\"text\",word,0", 0x6047);
	refused("AT+MQTTPUBRAW=0,\"a/b\",4,word,0", 0x6047);
	refused("AT+MQTTSUB=0,\"a/b\",word", 0x6047);
	leave_codes();
}

Test(err_code, qos_value_is_wrong, REQ("ERR_CODE-72"), TAGS("needs:broker"))
{
	enter_connected_codes();
	refused("AT+MQTTPUB=0,\"a/b\",\"text\",3,0", 0x6048);
	refused("AT+MQTTPUBRAW=0,\"a/b\",4,3,0", 0x6048);
	refused("AT+MQTTSUB=0,\"a/b\",3", 0x6048);
	leave_codes();
}

Test(err_code, retain_read_failed, REQ("ERR_CODE-73"), TAGS("needs:broker"))
{
	enter_connected_codes();
	refused("AT+MQTTPUB=0,\"a/b\",\"text\",0,word", 0x6049);
	refused("AT+MQTTPUBRAW=0,\"a/b\",4,0,word", 0x6049);
	leave_codes();
}

Test(err_code, retain_value_is_wrong, REQ("ERR_CODE-74"), TAGS("needs:broker"))
{
	enter_connected_codes();
	refused("AT+MQTTPUB=0,\"a/b\",\"text\",0,2", 0x604A);
	refused("AT+MQTTPUBRAW=0,\"a/b\",4,0,2", 0x604A);
	leave_codes();
}

Test(err_code, publish_length_read_failed, REQ("ERR_CODE-75"), TAGS("needs:broker"))
{
	enter_connected_codes();
	refused("AT+MQTTPUBRAW=0,\"a/b\",word,0,0", 0x604B);
	refused("AT+MQTTPUBRAW=0,\"a/b\",\"4\",0,0", 0x604B);
	leave_codes();
}

Test(err_code, publish_length_value_is_wrong, REQ("ERR_CODE-76"), TAGS("needs:broker"))
{
	enter_connected_codes();
	refused("AT+MQTTPUBRAW=0,\"a/b\",1025,0,0", 0x604C);
	refused("AT+MQTTPUBRAW=0,\"a/b\",0,0,0", 0x604C);
	leave_codes();
}
