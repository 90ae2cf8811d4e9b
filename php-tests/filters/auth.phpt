--TEST--
Filters: names and passwords, signed tokens by secret, RSA and elliptic curve; limits by user
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};
use HighperTest\Server;

$rsa = openssl_pkey_new(['private_key_bits' => 2048, 'private_key_type' => OPENSSL_KEYTYPE_RSA]);
$ec = openssl_pkey_new(['curve_name' => 'prime256v1', 'private_key_type' => OPENSSL_KEYTYPE_EC]);
foreach (['rsa' => $rsa, 'ec' => $ec] as $name => $key) {
    file_put_contents(temp_path("{$name}.pem"), openssl_pkey_get_details($key)['key']);
}
$secret = str_repeat('0123456789abcdef', 2);
$encode = fn (string $text) => rtrim(strtr(base64_encode($text), '+/', '-_'), '=');
$token = function (string $algorithm, array $claims, array $head = []) use ($encode, $secret, $rsa, $ec): string {
    $signed = $encode(json_encode(['alg' => $algorithm, 'typ' => 'JWT'] + $head)) . '.' . $encode(json_encode($claims));
    if ($algorithm === 'HS256') {
        return "{$signed}." . $encode(hash_hmac('sha256', $signed, $secret, true));
    }
    openssl_sign($signed, $sign, $algorithm === 'RS256' ? $rsa : $ec, 'sha256');
    if ($algorithm === 'ES256') {
        // DER: two integers, which JOSE wants as 32 bytes each.
        $at = 2;
        $parts = '';
        for ($i = 0; $i < 2; $i++) {
            $length = ord($sign[$at + 1]);
            $parts .= str_pad(ltrim(substr($sign, $at + 2, $length), "\0"), 32, "\0", STR_PAD_LEFT);
            $at += 2 + $length;
        }
        $sign = $parts;
    }
    return "{$signed}." . $encode($sign);
};

$server = Server::start(<<<'PHP'
    <?php
    use Highper\Application;
    use Highper\Filter\{BasicAuth, BearerAuth, RateLimit};
    use Highper\Http\Request;
    $secret = str_repeat('0123456789abcdef', 2);
    $who = fn (Request $r) => [$r->user(), $r->claims(), $r->claims('role', 'none')];
    $calls = 0;
    exit(Application::create($argv[2])
        ->get('/basic', fn (Request $r) => $r->user(), new BasicAuth(['ann' => 'one', 'bob' => 'sha256:' . hash('sha256', 'two')], 'the door'))
        ->get('/hs', function (Request $r) use ($who, &$calls) { $calls++; return $who($r); }, new BearerAuth($secret, issuer: 'me', audience: 'you', leeway: 5))
        ->get('/rs', $who, new BearerAuth(file_get_contents($argv[2] . 'rsa.pem'), 'RS256'))
        ->get('/es', $who, new BearerAuth(['other' => $other = file_get_contents($argv[2] . 'ec.pem'), 'mine' => $other], 'ES256'))
        ->get('/maybe', $who, new BearerAuth($secret, mustExpire: false, optional: true))
        ->get('/behind', $who, fn (Request $r, Closure $next) => $next($r), new BearerAuth($secret))
        ->get('/limited', $who, new BearerAuth($secret), new RateLimit('2/h', by: 'user'))
        ->get('/calls', function () use (&$calls) { return $calls; })
        ->run([$argv[0], '--workers', '1']));
    PHP, [temp_path('')]);
$basic = fn (string $pair) => $server->get('/basic', ['Authorization' => 'Basic ' . base64_encode($pair)]);
check('a password', [$basic('ann:one')->body, $basic('bob:two')->body], ['ann', 'bob']);
check('a wrong one', [$basic('ann:two')->status, $basic('eve:one')->status, $basic('ann:one')->header('WWW-Authenticate'), $basic('')->header('WWW-Authenticate')], [401, 401, null, 'Basic realm="the door", charset="UTF-8"']);
$ask = fn (string $path, ?string $token) => $server->get($path, ($token === null ? [] : ['Authorization' => "Bearer {$token}"]) + ['Accept' => 'application/json']);
$claims = ['aud' => ['he', 'you'], 'deep' => ['a' => [1, 2.5, null, true]], 'exp' => time() + 600, 'iss' => 'me', 'role' => 'admin', 'sub' => 'u7'];
check('a token', $ask('/hs', $token('HS256', $claims))->json(), ['u7', $claims, 'admin']);
$why = function (string $path, ?string $token) use ($ask): array {
    $answer = $ask($path, $token);
    return [$answer->status, $answer->json()['detail'] ?? null, $answer->header('WWW-Authenticate')];
};
$invalid = fn (string $text) => [401, $text, "Bearer realm=\"api\", error=\"invalid_token\", error_description=\"{$text}\""];
check('none', $why('/hs', null), [401, null, 'Bearer realm="api"']);
check('malformed', $why('/hs', 'x.y'), $invalid('The token is malformed'));
check('expired', $why('/hs', $token('HS256', ['exp' => time() - 6] + $claims)), $invalid('The token has expired'));
check('within the leeway', $ask('/hs', $token('HS256', ['exp' => time() - 2] + $claims))->status, 200);
check('too early', $why('/hs', $token('HS256', ['nbf' => time() + 60] + $claims)), $invalid('The token is not valid yet'));
check('another issuer', $why('/hs', $token('HS256', ['iss' => 'he'] + $claims)), $invalid('The token is of another issuer'));
check('another audience', $why('/hs', $token('HS256', ['aud' => 'he'] + $claims)), $invalid('The token is for another audience'));
$parts = explode('.', $token('HS256', $claims));
check('changed', $why('/hs', "{$parts[0]}." . $encode(json_encode(['sub' => 'root'] + $claims)) . ".{$parts[2]}"), $invalid("The token's signature is not valid"));
check('without a signature', $why('/hs', $encode('{"alg":"none"}') . ".{$parts[1]}."), $invalid('The token is signed in another way'));
check('PHP was entered twice', $server->get('/calls')->body, '2');
check('RSA', $ask('/rs', $token('RS256', $claims))->json()[0], 'u7');
$known = file_get_contents(temp_path('rsa.pem'));
$signed = $encode('{"alg":"HS256"}') . '.' . $encode(json_encode($claims));
check('the public key as a secret', $why('/rs', "{$signed}." . $encode(hash_hmac('sha256', $signed, $known, true))), $invalid('The token is signed in another way'));
check('elliptic curve', [$ask('/es', $token('ES256', $claims, ['kid' => 'mine']))->json()[0], $ask('/es', $token('ES256', $claims, ['kid' => 'none']))->status], ['u7', 401]);
check('optional', [$ask('/maybe', null)->json(), $ask('/maybe', $token('HS256', ['sub' => 'x']))->json(), $ask('/maybe', 'x')->status], [[null, [], 'none'], ['x', ['sub' => 'x'], 'none'], 401]);
check('behind PHP', [$ask('/behind', $token('HS256', $claims))->json()[0], $ask('/behind', null)->status, $ask('/behind', null)->header('WWW-Authenticate')], ['u7', 401, 'Bearer realm="api"']);
$limited = fn (string $user) => $ask('/limited', $token('HS256', ['sub' => $user] + $claims))->status;
check('limits by user', [$limited('a'), $limited('a'), $limited('a'), $limited('b')], [200, 200, 429, 200]);
$fails = function (string $filter): void {
    try {
        eval("new Highper\\Filter\\{$filter};");
    } catch (\ValueError | \TypeError $e) {
        echo $e->getMessage(), "\n";
    }
};
$fails("BearerAuth('short')");
$fails("BearerAuth('x', 'HS512')");
$fails("BearerAuth('" . str_repeat('x', 40) . "', 'RS256')");
$fails("BasicAuth([])");
$fails("BasicAuth(['a' => 7])");
?>
--EXPECT--
ok: a password
ok: a wrong one
ok: a token
ok: none
ok: malformed
ok: expired
ok: within the leeway
ok: too early
ok: another issuer
ok: another audience
ok: changed
ok: without a signature
ok: PHP was entered twice
ok: RSA
ok: the public key as a secret
ok: elliptic curve
ok: optional
ok: behind PHP
ok: limits by user
Highper\Filter\BearerAuth::__construct(): Argument #1 ($key) must have at least 32 bytes for HS256, one of 5 given
Highper\Filter\BearerAuth::__construct(): Argument #2 ($algorithm) must be 'HS256', 'RS256' or 'ES256', 'HS512' given
Highper\Filter\BearerAuth::__construct(): Argument #1 ($key) must be a public key of RSA in PEM (-----BEGIN PUBLIC KEY-----)
Highper\Filter\BasicAuth::__construct(): Argument #1 ($users) must not be empty
Highper\Filter\BasicAuth::__construct(): Argument #1 ($users) must have a text as password of a, int given
