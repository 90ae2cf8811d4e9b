--TEST--
OpenLDAP's library in coroutines: answers, pages, waits at once, time-outs
--EXTENSIONS--
highper
--CONFLICTS--
all
--TIMEOUT--
60
--INI--
extension=ldap
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Services::lacks('ldap') ?: HighperTest\Daemon::missing('slapd', 'python3'); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use HighperTest\{Proof, Services};
use function HighperTest\check;

$daemon = Services::ldap();
$bind = static function (string $address) {
    $ldap = ldap_connect("ldap://{$address}");
    ldap_set_option($ldap, LDAP_OPT_PROTOCOL_VERSION, 3);
    ldap_bind($ldap, 'cn=admin,dc=test', 'secret') || throw new Exception(ldap_error($ldap));
    return $ldap;
};
$ldap = $bind($daemon->socket);
ldap_add($ldap, 'dc=test', ['objectClass' => ['dcObject', 'organization'], 'o' => 'test', 'dc' => 'test']);
$slow = Services::slow($daemon->socket, 0.1);
$slow->signal(SIGUSR1);
Proof::interleaved('add, search, delete', static fn () => $bind($slow->socket), static function ($ldap, int $i) {
    ldap_add($ldap, "cn=person{$i},dc=test", ['objectClass' => 'person', 'cn' => "person{$i}", 'sn' => "{$i}", 'description' => str_repeat("{$i} ", 5000)]);
    $found = ldap_get_entries($ldap, ldap_search($ldap, 'dc=test', "(cn=person{$i})"));
    ldap_mod_replace($ldap, "cn=person{$i},dc=test", ['description' => "is {$i}"]);
    return $found['count'] === 1 && $found[0]['description'][0] === str_repeat("{$i} ", 5000) ? (int) $found[0]['sn'][0] : $found;
}, 0.3);
check('all entries', ldap_count_entries($ldap, ldap_list($ldap, 'dc=test', '(description=is *)')), 20);
Proof::interleaved('pages', static fn () => $bind($slow->socket), static function ($ldap, int $i) {
    $seen = 0;
    $cookie = '';
    do {
        $result = ldap_search($ldap, 'dc=test', '(objectClass=person)', ['cn'], controls: [['oid' => LDAP_CONTROL_PAGEDRESULTS, 'value' => ['size' => 8, 'cookie' => $cookie]]]);
        ldap_parse_result($ldap, $result, $code, $dn, $message, $referrals, $controls);
        $seen += ldap_count_entries($ldap, $result);
        $cookie = $controls[LDAP_CONTROL_PAGEDRESULTS]['value']['cookie'] ?? '';
    } while ($cookie !== '');
    return $seen === 20 ? $i : $seen;
}, 0.3);
Proof::interleaved('a wrong password', static fn () => $bind($slow->socket), static fn ($ldap, int $i) => @ldap_bind($ldap, 'cn=admin,dc=test', 'wrong') ? -1 : (ldap_errno($ldap) === 49 ? $i : ldap_error($ldap)));
$slow = Services::slow($daemon->socket, 0.1);
Proof::atOnce('ldap', static fn () => $bind($slow->socket), static fn ($ldap, int $i) => ldap_count_entries($ldap, ldap_read($ldap, 'cn=person' . $i % 20 . ',dc=test', '(objectClass=*)')) === 1 ?: throw new Exception(ldap_error($ldap)), static fn () => $slow->signal(SIGUSR1));
Proof::timesOut('LDAP_OPT_TIMEOUT', static function (string $host, int $port) {
    $ldap = ldap_connect("ldap://{$host}:{$port}");
    ldap_set_option($ldap, LDAP_OPT_NETWORK_TIMEOUT, 1);
    ldap_set_option($ldap, LDAP_OPT_TIMEOUT, 1);
    return @ldap_bind($ldap, 'cn=x', 'x') === false && in_array(ldap_errno($ldap), [-1, -5, 85]) ?: ldap_error($ldap);
});
?>
--EXPECT--
ok: add, search, delete: each its own answer
ok: add, search, delete: at the same time
ok: all entries
ok: pages: each its own answer
ok: pages: at the same time
ok: a wrong password: each its own answer
ok: a wrong password: at the same time
ok: ldap: 200 without a mistake
ok: ldap: 200 × 0.1 s at once
ok: LDAP_OPT_TIMEOUT: gives up
ok: LDAP_OPT_TIMEOUT: in time
ok: LDAP_OPT_TIMEOUT: others run meanwhile
