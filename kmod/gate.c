// SPDX-License-Identifier: GPL-2.0-only
/*
 * The boot gate: until it is opened nothing but loopback passes, in any network namespace.
 * Two layers: the hooks of IP, where a sender learns EPERM; and those of each network
 * device, which what raw sockets send and what is bridged cannot get around.
 */
#include "internal.h"

#include <linux/atomic.h>
#include <linux/if_arp.h>
#include <linux/inet.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/moduleparam.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/netfilter_netdev.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>

static bool gate;
module_param(gate, bool, 0444);
MODULE_PARM_DESC(gate, "drop all traffic but loopback until a policy is enforced");
static unsigned int gate_timeout = 60;
module_param(gate_timeout, uint, 0444);
MODULE_PARM_DESC(gate_timeout, "seconds until it opens where no policy exists (60; 0: never)");
static char *gate_allow[16];
static unsigned int gate_allow_count;
module_param_array(gate_allow, charp, &gate_allow_count, 0444);
MODULE_PARM_DESC(gate_allow, "ADDRESS[/BITS],... that pass all the same");

static struct pw_allow allow[ARRAY_SIZE(gate_allow)];
static unsigned int allowed;
static u32 state;	/* PW_GUARD_GATE_*, written with pw_lock held */
static bool kept, hooked;
static atomic64_t dropped;

/* ---- What passes ------------------------------------------------------------------------- */

int pw_allow_parse(struct pw_allow *to, const char *text)
{
	const size_t len = strcspn(text, "/");
	const char *end = text;
	unsigned int all, n;

	memset(to, 0, sizeof(*to));
	to->family = memchr(text, ':', len) ? NFPROTO_IPV6 : NFPROTO_IPV4;
	all = to->family == NFPROTO_IPV6 ? 128 : 32;
	to->bits = all;
	if (!(all == 32 ? in4_pton : in6_pton)(text, len, to->addr, -1, &end) || end != text + len)
		return -EINVAL;
	if (text[len] && (kstrtou8(text + len + 1, 10, &to->bits) || to->bits > all))
		return -EINVAL;
	for (n = to->bits; n < all; n++)
		if (to->addr[n / 8] & (0x80 >> n % 8))
			return -EINVAL;
	return 0;
}

bool pw_allow_matches(const struct pw_allow *a, u8 family, const u8 *addr)
{
	const unsigned int bytes = a->bits / 8, rest = a->bits % 8;

	return family == a->family && !memcmp(addr, a->addr, bytes) &&
	       (!rest || !((addr[bytes] ^ a->addr[bytes]) >> (8 - rest)));
}

/*
 * By the address at the other end: where it comes @in from, else where it goes to. Whoever may
 * send frames can address one as he likes, so ARP is not looked into.
 */
static unsigned int verdict(const struct sk_buff *skb, __be16 protocol, bool in)
{
	const bool ip6 = protocol == htons(ETH_P_IPV6);
	const int v4_at = in ? offsetof(struct iphdr, saddr) : offsetof(struct iphdr, daddr);
	const int v6_at = in ? offsetof(struct ipv6hdr, saddr) : offsetof(struct ipv6hdr, daddr);
	const int at = skb_network_offset(skb);
	u8 room[16], *peer = NULL;
	unsigned int n;

	if (at >= 0 && (ip6 || protocol == htons(ETH_P_IP)))
		peer = skb_header_pointer(skb, at + (ip6 ? v6_at : v4_at), ip6 ? 16 : 4, room);
	for (n = 0; n < allowed; n++)
		if (protocol == htons(ETH_P_ARP) ||
		    (peer && pw_allow_matches(&allow[n], ip6 ? NFPROTO_IPV6 : NFPROTO_IPV4, peer)))
			return NF_ACCEPT;
	atomic64_inc(&dropped);
	return NF_DROP;
}

static unsigned int on_packet(void *priv, struct sk_buff *skb, const struct nf_hook_state *at)
{
	const __be16 protocol = at->pf == NFPROTO_IPV4 ? htons(ETH_P_IP) : htons(ETH_P_IPV6);

	if (!pw_gate_is_shut() || (at->out ?: at->in)->flags & IFF_LOOPBACK)
		return NF_ACCEPT;
	return verdict(skb, protocol, at->hook != NF_INET_LOCAL_OUT);
}

static unsigned int on_frame(void *priv, struct sk_buff *skb, const struct nf_hook_state *at)
{
	if (!pw_gate_is_shut())
		return NF_ACCEPT;
	return verdict(skb, skb->protocol, at->hook == NF_NETDEV_INGRESS);
}

/* ---- Where it hooks ------------------------------------------------------------------------ */

static const struct nf_hook_ops packet_hooks[] = {
#define HOOK(number) \
	{ .hook = on_packet, .pf = NFPROTO_INET, .hooknum = (number), .priority = INT_MIN }
	HOOK(NF_INET_LOCAL_IN), HOOK(NF_INET_LOCAL_OUT), HOOK(NF_INET_FORWARD),
};

static int __net_init net_init(struct net *net)
{
	return nf_register_net_hooks(net, packet_hooks, ARRAY_SIZE(packet_hooks));
}

static void __net_exit net_exit(struct net *net)
{
	nf_unregister_net_hooks(net, packet_hooks, ARRAY_SIZE(packet_hooks));
}

static struct pernet_operations net_ops = { .init = net_init, .exit = net_exit };

/* The hooks of one device, in a list under the lock that notifiers of devices are called with. */
struct port {
	struct list_head node;
	struct nf_hook_ops hooks[2];
	struct rcu_head rcu;	/* for those who list hooks */
};

static LIST_HEAD(ports);

static int port_add(struct net_device *dev)
{
	const struct nf_hook_ops hook = {
		.hook = on_frame, .dev = dev, .pf = NFPROTO_NETDEV,
		.hooknum = NF_NETDEV_INGRESS, .priority = INT_MIN,
	};
	struct port *port;
	int err;

	/* CAN is a bus inside the machine: its sensors and actuators are not held up. */
	if (dev->flags & IFF_LOOPBACK || dev->type == ARPHRD_CAN)
		return 0;
	port = kzalloc(sizeof(*port), GFP_KERNEL);
	if (!port)
		return -ENOMEM;
	port->hooks[0] = hook;
	port->hooks[1] = hook;
	port->hooks[1].hooknum = NF_NETDEV_EGRESS;
	err = nf_register_net_hooks(dev_net(dev), port->hooks, ARRAY_SIZE(port->hooks));
	if (err)
		kfree(port);
	else
		list_add(&port->node, &ports);
	return err;
}

static void port_remove(const struct net_device *dev)
{
	struct port *port, *next;

	list_for_each_entry_safe(port, next, &ports, node) {
		if (port->hooks[0].dev != dev)
			continue;
		list_del(&port->node);
		nf_unregister_net_hooks(dev_net(dev), port->hooks, ARRAY_SIZE(port->hooks));
		kfree_rcu(port, rcu);
	}
}

/* A device that moves to another namespace leaves and comes. */
static int on_device(struct notifier_block *block, unsigned long event, void *info)
{
	struct net_device *dev = netdev_notifier_info_to_dev(info);

	if (event == NETDEV_REGISTER)
		return notifier_from_errno(port_add(dev));
	if (event == NETDEV_UNREGISTER)
		port_remove(dev);
	return NOTIFY_DONE;
}

static struct notifier_block device_block = { .notifier_call = on_device };

static void hooks_remove(void)
{
	if (!hooked)
		return;
	hooked = false;
	unregister_netdevice_notifier(&device_block);
	unregister_pernet_subsys(&net_ops);
	synchronize_net();
}

/* ---- How it opens ------------------------------------------------------------------------- */

static void set_open(u32 how)
{
	WRITE_ONCE(state, how);
	pr_notice("the gate is open%s; it dropped %lld packets\n",
		  how == PW_GUARD_GATE_TIMED_OUT ? ", because nobody spoke of a policy" : "",
		  (long long)atomic64_read(&dropped));
}

/* The time is over, or it was opened and the hooks are to go. */
static void on_end(struct work_struct *work)
{
	mutex_lock(&pw_lock);
	if (pw_gate_is_shut() && !kept)
		set_open(PW_GUARD_GATE_TIMED_OUT);
	mutex_unlock(&pw_lock);
	if (!pw_gate_is_shut())		/* it never shuts again */
		hooks_remove();
}

static DECLARE_DELAYED_WORK(end, on_end);

long pw_gate_open(void *arg)
{
	if (!pw_gate_is_shut())
		return -EALREADY;
	set_open(PW_GUARD_GATE_OPEN);
	/* Not here: whoever makes or ends namespaces must not keep the caller waiting. */
	cancel_delayed_work(&end);
	schedule_delayed_work(&end, 0);
	return 0;
}

long pw_gate_keep_shut(void *arg)
{
	if (!pw_gate_is_shut())
		return -EALREADY;
	kept = true;
	cancel_delayed_work(&end);
	return 0;
}

bool pw_gate_is_shut(void)
{
	return READ_ONCE(state) == PW_GUARD_GATE_SHUT;
}

void pw_gate_status(struct pw_guard_status *status)
{
	status->gate = state;
	status->gate_timeout = gate_timeout;
	status->gate_allowed = allowed;
	status->dropped = atomic64_read(&dropped);
	if (kept)
		status->state |= PW_GUARD_KEEP;
}

int pw_gate_register(void)
{
	unsigned int n;
	int err;

	if (!gate)
		return 0;
	/* An entry that cannot be read opens nothing, and keeps the gate from nothing. */
	for (n = 0; n < gate_allow_count; n++) {
		if (!pw_allow_parse(&allow[allowed], gate_allow[n]))
			allowed++;
		else
			pr_err("gate_allow: neither address nor network: %s\n", gate_allow[n]);
	}
	state = PW_GUARD_GATE_SHUT;
	err = register_pernet_subsys(&net_ops);
	if (err)
		return err;
	err = register_netdevice_notifier(&device_block);
	if (err) {
		unregister_pernet_subsys(&net_ops);
		return err;
	}
	hooked = true;
	if (gate_timeout)
		schedule_delayed_work(&end, (unsigned long)gate_timeout * HZ);
	return 0;
}

void pw_gate_unregister(void)
{
	cancel_delayed_work_sync(&end);
	hooks_remove();
}
