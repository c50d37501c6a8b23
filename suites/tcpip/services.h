/* SPDX-License-Identifier: MIT */
/* Steps shared by the cases of names, time and update: servers of the tester that the module asks.
 * Where the air is virtual they are anywhere and on any port; elsewhere they are at the tester's
 * own address, on the port of the service, which takes the facility "low_ports". */
#ifndef SUITES_TCPIP_SERVICES_H
#define SUITES_TCPIP_SERVICES_H

#include "tcpip.h"

/* ---- name servers ---- */

/* Three addresses for AT+CIPDNS; behind the first one there is a server when enter_names() made it.
 */
#define NAMES_1 "10.53.0.1"
#define NAMES_2 "10.53.0.2"
#define NAMES_3 "10.53.0.3"

/* Online, with a name server of these options as the module's first one. Returns the peer. */
int enter_names(const char *options);
void leave_names(void);
/* A name server at one of these addresses. Needs "air" for more than one. */
int name_server(const char *address, const char *options);
/* AT+CIPDOMAIN: the address, or "" after ERROR. */
const char *address_of(const char *name);

/* ---- SNTP ---- */

#define TIME_1 "10.123.0.1"
#define TIME_2 "10.123.0.2"
#define TIME_3 "10.123.0.3"

/* An SNTP server at that address: the peer. server_name() is what AT+CIPSNTPCFG has to be told. */
int time_server(const char *address, const char *options);
const char *time_address(const char *address);
/* AT+CIPSNTPCFG as the section prints it or, where that is refused, with the switch in front.
 * `servers`: with the comma and quotes in front, or "". */
void configure_time(int zone, const char *servers);
bool configure_time_tried(int zone, const char *servers);
/* The form without parameters, or the switch at 0. */
void stop_time(void);
/* The same, and the way to the servers is forgotten. */
void clear_time(void);
/* What AT+CIPSNTPTIME? shows, as seconds since 1970 of the local time. */
int64_t shown_time(void);
/* Until it shows this time (give or take two seconds, going on since `since_ms` of clock_ms()), at
 * most the bench's time for SNTP. */
bool time_becomes(int64_t local, int64_t since_ms);

/* ---- others ---- */

/* Without any network: no SoftAP, and the access point left. */
void enter_offline(void);
void leave_offline(void);

#endif
