/* SPDX-License-Identifier: MIT */
/* Steps shared by the cases of the Wi-Fi family: modes, joining, lists of access points and of
 * stations. What a case takes for granted is sent with given(), so that an access point that the
 * bench declares and that does not answer makes the case inconclusive. */
#ifndef SUITES_WIFI_WIFI_H
#define SUITES_WIFI_WIFI_H

#include "at/at.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- modes ---- */

/* Remembers the mode that the case found. */
void enter_mode(int mode);
void leave_mode(void);

/* ---- joining ---- */

/* AT+CWJAP for a section of the bench's network: "access_point". `more` comes behind the password.
 */
const char *join_line(const char *point, const char *more);
void join(const char *point);
void leave(void);
/* Not joined, in mode 1, whatever was before. */
void enter_station(void);
/* In mode 1 and joined. */
void enter_joined(void);
void leave_station(void);
/* A join that the case judges. An access point that is silent or gone is the bench's fault. */
void expect_join(const char *line);
/* Asks what is joined; fields ssid, bssid, channel, rssi, pci, reconn, interval. */
bool is_joined(void);
/* Time in which a module that joins by itself has joined, an answer included. */
int soon_ms(void);
/* Time after which a module that has not joined is not going to. */
int while_ms(void);
/* Until it is joined (or is not, any more), at most that long. */
bool becomes_joined(bool joined, int ms);
/* An SSID as a response prints it: as it is, or with escapes. */
bool same_ssid(const char *shown, const char *ssid);
void expect_joined_to(const char *ssid);

/* ---- lists of access points ---- */

struct seen {
	int encryption, rssi, channel;
	char ssid[100], mac[18];
};

enum { SEEN_MAX = 200 };
extern struct seen seen[SEEN_MAX];
extern size_t seen_count;

/* Sends the command and reads its list, with or without parentheses. */
void scan(const char *line);
const struct seen *find_seen(const char *mac);
/* All fields, in order of strength. */
void show_all(void);

/* ---- the SoftAP and its stations ---- */

#define SOFTAP_SSID     "atconform-softap"
#define SOFTAP_PASSWORD "conformance"
#define STATION_1       "02:00:5e:00:10:01"
#define STATION_2       "02:00:5e:00:10:02"
#define STATION_3       "02:00:5e:00:10:03"

/* The mode, with the SoftAP's configuration remembered for leave_softap(). */
void remember_softap(int mode);
/* The SoftAP that the bench's station knows, with DHCP. */
void enter_softap(int mode);
void leave_softap(void);

struct client {
	char ip[16], mac[18];
};

enum { CLIENTS_MAX = 16 };
extern struct client clients[CLIENTS_MAX];
extern size_t client_count;

/* Reads AT+CWLIF, with or without a prefix. */
void list_clients(void);
const struct client *find_client(const char *mac);
/* Until the list has that many, at most the time of a join and a lease. */
bool clients_become(size_t count);
/* Tells a station of the virtual air to join with a password; whether it could. */
bool station_joins(const char *mac, const char *password);
void station_leaves(const char *mac);
/* The bench's station: told to join, or there by itself. The list holds it then. */
void bench_station_joins(void);

/* ---- addresses ---- */

/* 0 for what is no address. */
uint32_t ip_number(const char *text);
/* AT+CIPSTA? or AT+CIPAP?, of whatever form. */
uint32_t shown_ip(const char *query);
const char *ip_text(uint32_t ip);
/* Bit 0: the station's DHCP, bit 1: the SoftAP's. Later chips have a third interface. */
int dhcp_state(void);
void set_dhcp(int state);
/* Waits for the address that the access point gives. */
uint32_t leased_ip(void);
/* An address of the access point's network that nobody has, as far as one can guess. */
uint32_t free_ip(void);
const char *static_line(uint32_t ip);
/* Joined, with an address by DHCP. */
void enter_leased(void);
void leave_leased(void);
/* The SoftAP's address; needs mode 2 or 3. */
void remember_softap_ip(void);
void put_softap_ip_back(void);

/* ---- the air ---- */

/* Changes an access point of the virtual air: change_air(bssid, "\"beacons\":false"). */
void change_air(const char *mac, const char *change);

#endif
