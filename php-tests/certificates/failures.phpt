--TEST--
Certificates that can't be had: what the log says, what goes on, and that it is tried again
--EXTENSIONS--
openssl
--SKIPIF--
<?php if (!trim((string) shell_exec('command -v openssl'))) echo 'skip the program openssl is not there';
--TIMEOUT--
120
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, free_port, temp_path, wait_until};
use HighperTest\{Authority, Server};

$code = <<<'PHP'
    <?php
    exit(Highper\Application::create(__DIR__)->settings(['workers' => 1] + json_decode(getenv('SETTINGS'), true))->get('/', fn () => 'here')->run([$argv[0]]));
    PHP;
$authority = new Authority();
$start = fn (array $auto, array $tls = [], bool $wait = true) => Server::start($code, environment: ['SETTINGS' => json_encode($authority->settings($auto, $tls))], wait: $wait, port: $authority->https);
$says = fn (Server $server, string $text) => (bool) $server->waitForLog($text, 15);

$server = $start(['names' => ['a.test']]);
check('nobody to ask at the start', $says($server, 'no certificate of a.test: the authority can\'t be reached'));
check('it serves all the same', $authority->shown('a.test')['names'], 'DNS:a.test');
[$kept] = wait_until(fn () => glob(temp_path('tls/*')), 'the folder');
symlink('/dev/full', "{$kept}/trial.new");
check('a disk that is full', $says($server, 'no certificate of a.test: certificates can\'t be kept in ') && $says($server, 'No space left on device (os error 28); make room there'));
check('nobody was asked', $authority->events(), '');
$authority->start();
check('and gets one when there is', $authority->waitFor('a.test')['names'], 'DNS:a.test');
$server->stop();

$authority->tell(['fail' => 'rateLimited', 'detail' => 'too many', 'status' => 429, 'retry_after' => 4]);
$server = $start(['names' => ['b.test']]);
check('a limit of the authority', $says($server, 'the authority says: too many (rateLimited); the authority\'s limit is reached') && $says($server, 'the next try is in 4 s'));
$refused = microtime(true);
$authority->tell(['fail' => null, 'retry_after' => null]);
$authority->waitFor('b.test');
check('is listened to', microtime(true) - $refused > 2.5);
$server->stop();

$authority->tell(['fail' => 'serverInternal', 'status' => 500, 'at' => ['finalize']]);
$server = $start(['names' => ['c.test']]);
check('an authority that breaks', $says($server, 'serverInternal'));
$authority->tell(['fail' => null]);
check('is asked again', $authority->waitFor('c.test')['names'], 'DNS:c.test');
$server->stop();

$authority->tell(['http' => free_port()]);
$server = $start(['names' => ['d.test'], 'challenges' => ['http-01']]);
check('a port that is not reached', $says($server, '(connection); port 80 of d.test must be reachable from the internet and lead to this server'));
$authority->tell(['http' => $authority->http]);
check('and then is', $authority->waitFor('d.test')['names'], 'DNS:d.test');
$server->stop();

$other = Server::start('<?php exit(Highper\Application::create(__DIR__)->run([$argv[0]]));');
$authority->tell(['http' => $other->port]);
$server = $start(['names' => ['e.test'], 'challenges' => ['http-01']]);
check('a name that points elsewhere', $says($server, '(unauthorized); somebody else answers at port 80 of e.test'));
$server->stop();
$server = $start(['names' => ['e.test']]);
check('the other challenge is tried then', $authority->waitFor('e.test')['names'], 'DNS:e.test');
check('by TLS', str_contains($authority->events(), "http-01 of e.test is invalid\n") && str_contains($authority->events(), 'tls-alpn-01 of e.test is valid'));
$server->stop();
$authority->tell(['http' => $authority->http]);

file_put_contents(temp_path('taken'), 'a file');
$server = $start(['names' => ['f.test'], 'folder' => 'taken']);
check('a folder that can\'t be used', $says($server, 'certificates can\'t be kept in ') && $says($server, 'or set tls.auto.folder'));
check('nothing was ordered that could not be kept', str_contains($authority->events(), 'f.test'), false);
unlink(temp_path('taken'));
check('mended', $authority->waitFor('f.test')['names'], 'DNS:f.test');
$server->stop();

$authority->tell(['hang' => true]);
$server = $start(['names' => ['g.test'], 'challenges' => ['http-01']]);
wait_until(fn () => str_contains($authority->events(), 'asked to look at g.test'), 'the order');
$left = glob(temp_path('tls/*/*.token'));
check('an answer lies there', count($left), 1);
$process = array_values(array_filter($server->children(), fn ($pid) => glob("/proc/{$pid}/fd/*") && array_filter(glob("/proc/{$pid}/fd/*"), fn ($fd) => str_ends_with((string) @readlink($fd), '/lock'))));
check('one process orders', count($process), 1);
posix_kill($process[0], SIGKILL);
wait_until(fn () => !in_array($left[0], glob(temp_path('tls/*/*.token'))), 'what a killed process has left is taken away');
$authority->tell(['hang' => false]);
check('killed while it ordered', $authority->waitFor('g.test')['names'], 'DNS:g.test');
wait_until(fn () => !glob(temp_path('tls/*/*.token')), 'nothing lies there when it is through');
$server->stop();

$authority->stop();
$authority->start();
$server = $start(['names' => ['h.test']]);
check('an account that the authority does not know', $says($server, 'accountDoesNotExist'));
check('is made anew', $authority->waitFor('h.test')['names'], 'DNS:h.test');
$server->stop();

$authority->tell(['binding' => ['id' => 'kid-1', 'key' => 'c2VjcmV0IG9mIHRoZSBhdXRob3JpdHk']]);
$server = $start(['names' => ['i.test'], 'folder' => 'bound']);
check('an authority that wants an account of its own', $says($server, '(externalAccountRequired); this authority wants an account of its own kind: set tls.auto.binding'));
$server->stop();
$server = $start(['names' => ['i.test'], 'folder' => 'bound', 'binding' => ['id' => 'kid-1', 'key' => 'd3Jvbmc']]);
check('a wrong one', $says($server, 'the binding is wrong'));
$server->stop();
$server = $start(['names' => ['i.test'], 'folder' => 'bound', 'binding' => ['id' => 'kid-1', 'key' => 'c2VjcmV0IG9mIHRoZSBhdXRob3JpdHk']]);
check('the right one', $authority->waitFor('i.test')['names'], 'DNS:i.test');
$second = Server::start($code, environment: ['SETTINGS' => json_encode(['listen' => '127.0.0.1:' . ($port = free_port())] + $authority->settings(['names' => ['i.test'], 'folder' => 'bound', 'http' => '127.0.0.1:' . free_port()]))], port: $port);
check('two servers with one folder', $says($second, 'another server orders certificates for the same folder'));
check('both show it', $authority->certificates->connect($port, ['peer_name' => 'i.test']) !== false);
$second->stop();
$server->stop();

$wrong = function (mixed $auto, array $tls = []) use ($start, $code): void {
    $settings = ['listen' => '127.0.0.1:' . free_port(), 'tls' => is_array($auto) ? $tls + ['auto' => $auto] : $auto];
    $server = Server::start($code, environment: ['SETTINGS' => json_encode($settings)], wait: false);
    $server->waitForEnd();
    echo preg_replace(['~^\{.*\n~m', '~127.0.0.1:\d+~'], ['', 'ADDRESS'], $server->log());
};
$wrong('auto');
$wrong([]);
$wrong(['names' => ['a.test']]);
$wrong(['names' => ['*.a.test'], 'agree' => true]);
$wrong(['names' => ['10.0.0.1'], 'agree' => true]);
$wrong(['names' => ['a.test'], 'agree' => true, 'directory' => 'http://a.test/']);
$wrong(['names' => ['a.test'], 'agree' => true, 'http' => null, 'challenges' => ['http-01']]);
$wrong(['names' => ['a.test'], 'agree' => true, 'challenges' => ['dns-01']]);
$wrong(['names' => ['a.test'], 'agree' => true, 'binding' => ['id' => 'x', 'key' => '!']]);
$wrong(['names' => ['a.test'], 'agree' => true, 'mail' => 'x']);
$wrong(['names' => ['a.test'], 'agree' => true], ['certificate' => __FILE__, 'key' => __FILE__]);
$wrong(['names' => ['a.test'], 'agree' => true, 'http' => "127.0.0.1:{$other->port}"]);
--EXPECTF--
ok: nobody to ask at the start
ok: it serves all the same
ok: a disk that is full
ok: nobody was asked
ok: and gets one when there is
ok: a limit of the authority
ok: is listened to
ok: an authority that breaks
ok: is asked again
ok: a port that is not reached
ok: and then is
ok: a name that points elsewhere
ok: the other challenge is tried then
ok: by TLS
ok: a folder that can't be used
ok: nothing was ordered that could not be kept
ok: mended
ok: an answer lies there
ok: one process orders
ok: killed while it ordered
ok: an account that the authority does not know
ok: is made anew
ok: an authority that wants an account of its own
ok: a wrong one
ok: the right one
ok: two servers with one folder
ok: both show it
highper: setting 'tls' must say for which names certificates are to be got: ['auto' => ['names' => ['shop.example'], 'email' => 'ops@shop.example', 'agree' => true]]
highper: setting 'tls.auto.names' must list the names that certificates are for
highper: setting 'tls.auto.agree' must be true: an authority signs for those only that agree to its terms of service, https://letsencrypt.org/repository/
highper: setting 'tls.auto.names' has '*.a.test': certificates for all names below another one are proven by DNS, which is not done here; write the names out, or get that one by another program and set it in tls.names
highper: setting 'tls.auto.names' has '10.0.0.1', which is no name of a host; others than ASCII are written as xn--
highper: setting 'tls.auto.directory' must be 'letsencrypt', 'letsencrypt-staging' or an address with https, 'http://a.test/' given
highper: setting 'tls.auto.challenges' has 'http-01', which needs plain HTTP: set tls.auto.http to an address, or leave it away
highper: setting 'tls.auto.challenges' must be a list of 'http-01' and 'tls-alpn-01', 'dns-01' given
highper: setting 'tls.auto.binding.key' must be in base64url, as the authority gives it
highper: there is no setting 'tls.auto.mail'; those of tls.auto are names, email, agree, directory, folder, challenges, http, binding, ca, retry
highper: setting 'tls' must have either auto, or certificate and key; those of other names go into tls.names
highper: %sADDRESS%sis where the authority asks for proof (tls.auto.http): set another address that port 80 leads to, or null for proof by TLS alone
