<?php

declare(strict_types=1);

// A certificate authority that speaks ACME (RFC 8555), for tests: acme.php FOLDER PORT. It checks signatures and nonces, looks by itself whether a name
// is served, and signs with ca.crt and ca.key of the folder. What it is to do is in control.json, read for each request; what it did goes to events.

[, $folder, $port] = $argv;
$base = "https://127.0.0.1:{$port}";
$b64 = fn (string $bytes): string => rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
$un64 = fn (string $text): string => (string) base64_decode(strtr($text, '-_', '+/'));
$told = fn (string $event) => file_put_contents("{$folder}/events", "{$event}\n", FILE_APPEND | LOCK_EX);

final class Problem extends Exception
{
    public function __construct(public readonly string $type, string $detail, public readonly int $status = 400)
    {
        parent::__construct($detail);
    }
}

/** A key of P-256 as PEM: what stands before the point is always the same. */
$pem = fn (array $jwk): string => "-----BEGIN PUBLIC KEY-----\n"
    . chunk_split(base64_encode(hex2bin('3059301306072a8648ce3d020106082a8648ce3d030107034200') . "\x04" . $un64($jwk['x']) . $un64($jwk['y'])), 64, "\n") . "-----END PUBLIC KEY-----\n";
$der = function (string $signature): string {
    $number = function (string $bytes): string {
        $bytes = ltrim($bytes, "\0");
        $bytes = $bytes === '' || ord($bytes[0]) > 127 ? "\0{$bytes}" : $bytes;
        return "\x02" . chr(strlen($bytes)) . $bytes;
    };
    $both = $number(substr($signature, 0, 32)) . $number(substr($signature, 32));
    return "\x30" . chr(strlen($both)) . $both;
};
$thumb = fn (array $jwk): string => $b64(hash('sha256', json_encode(['crv' => $jwk['crv'], 'kty' => $jwk['kty'], 'x' => $jwk['x'], 'y' => $jwk['y']]), true));

$nonces = $accounts = $orders = $asked = [];
$later = [];
$control = [];

/** The payload of a request, once all of it was checked; null for POST-as-GET. */
$opened = function (string $body, string $url) use (&$nonces, &$accounts, $un64, $pem, $der): array {
    $jws = json_decode($body, true) ?? throw new Problem('malformed', 'no JSON');
    $protected = json_decode($un64($jws['protected']), true);
    if (!isset($nonces[$protected['nonce'] ?? ''])) {
        throw new Problem('badNonce', 'no such nonce');
    }
    unset($nonces[$protected['nonce']]);
    $protected['alg'] === 'ES256' || throw new Problem('badSignatureAlgorithm', $protected['alg']);
    $protected['url'] === $url || throw new Problem('unauthorized', "signed for {$protected['url']}", 403);
    $jwk = isset($protected['kid']) ? ($accounts[$protected['kid']] ?? throw new Problem('accountDoesNotExist', 'no such account')) : $protected['jwk'];
    openssl_verify("{$jws['protected']}.{$jws['payload']}", $der($un64($jws['signature'])), $pem($jwk), OPENSSL_ALGO_SHA256) === 1
        || throw new Problem('malformed', 'the signature is wrong');

    return [$jws['payload'] === '' ? null : json_decode($un64($jws['payload']), true), $jwk, $protected['kid'] ?? null];
};

/** Looks whether the name is served. */
$proven = function (string $name, string $type, string $token, string $thumb) use (&$control): void {
    $answer = "{$token}.{$thumb}";
    if ($type === 'http-01') {
        $socket = @stream_socket_client("tcp://127.0.0.1:{$control['http']}", $code, $why, 5) ?: throw new Problem('connection', "port {$control['http']}: {$why}");
        stream_set_timeout($socket, 5);
        fwrite($socket, "GET /.well-known/acme-challenge/{$token} HTTP/1.1\r\nHost: {$name}\r\nConnection: close\r\n\r\n");
        [$head, $body] = explode("\r\n\r\n", stream_get_contents($socket) . "\r\n\r\n", 2);
        str_starts_with($head, 'HTTP/1.1 200') && trim($body) === $answer || throw new Problem('unauthorized', 'answered ' . strtok($head, "\r"), 403);

        return;
    }
    $context = stream_context_create(['ssl' => ['verify_peer' => false, 'verify_peer_name' => false, 'peer_name' => $name, 'alpn_protocols' => 'acme-tls/1', 'capture_peer_cert' => true]]);
    $socket = @stream_socket_client("tls://127.0.0.1:{$control['https']}", $code, $why, 5, STREAM_CLIENT_CONNECT, $context) ?: throw new Problem('connection', "port {$control['https']}: {$why}");
    (stream_get_meta_data($socket)['crypto']['alpn_protocol'] ?? 'acme-tls/1') === 'acme-tls/1' || throw new Problem('tls', 'no acme-tls/1');
    $shown = openssl_x509_parse(stream_context_get_params($socket)['options']['ssl']['peer_certificate']);
    $shown['extensions']['subjectAltName'] === "DNS:{$name}" || throw new Problem('unauthorized', "for {$shown['extensions']['subjectAltName']}", 403);
    ($shown['extensions']['1.3.6.1.5.5.7.1.31'] ?? $shown['extensions']['acmeIdentifier'] ?? '') === "\x04\x20" . hash('sha256', $answer, true) || throw new Problem('unauthorized', 'another digest', 403);
};

/** Signs a request for one name. */
$signed = function (string $csr, string $name) use ($folder, &$control, $told): string {
    static $number = 100;
    $number++;
    file_put_contents("{$folder}/{$number}.csr", "-----BEGIN CERTIFICATE REQUEST-----\n" . chunk_split(base64_encode($csr), 64, "\n") . "-----END CERTIFICATE REQUEST-----\n");
    exec("openssl req -noout -text -verify -in {$folder}/{$number}.csr 2>&1", $text, $code);
    preg_match_all('/DNS:([^\s,]+)/', implode("\n", $text), $names);
    $code === 0 && $names[1] === [$name] || throw new Problem('badCSR', implode(' ', $names[1]));
    if (!is_file("{$folder}/ca.cnf")) {
        file_put_contents("{$folder}/index.txt", '');
        file_put_contents("{$folder}/ca.cnf", "[ca]\ndefault_ca=own\n[own]\ndatabase={$folder}/index.txt\nnew_certs_dir={$folder}\nrand_serial=yes\ndefault_md=sha256\n"
            . "policy=any\ncopy_extensions=copy\nunique_subject=no\n[any]\ncommonName=optional\n");
    }
    $times = '-startdate ' . gmdate('YmdHis\Z', time() - 1) . ' -enddate ' . gmdate('YmdHis\Z', time() + ($control['lifetime'] ?? 7776000));
    exec("openssl ca -batch -notext -config {$folder}/ca.cnf -cert {$folder}/ca.crt -keyfile {$folder}/ca.key -subj /CN={$name} {$times} -in {$folder}/{$number}.csr -out {$folder}/{$number}.crt 2>&1", $said, $code);
    $code === 0 || throw new Problem('serverInternal', implode(' ', $said), 500);
    $told("signed {$name}");

    return file_get_contents("{$folder}/{$number}.crt") . file_get_contents("{$folder}/ca.crt");
};

$shown = function (int $id) use (&$orders, $base): array {
    $order = $orders[$id];
    $all = ['status' => $order['status'], 'identifiers' => [['type' => 'dns', 'value' => $order['name']]], 'authorizations' => ["{$base}/authz/{$id}"], 'finalize' => "{$base}/finalize/{$id}"];

    return $all + (isset($order['certificate']) ? ['certificate' => "{$base}/certificate/{$id}"] : []);
};

$answer = function (string $method, string $path, string $body) use (&$nonces, &$accounts, &$orders, &$control, &$later, $base, $opened, $proven, $signed, $shown, $thumb, $told, $b64, $un64): array {
    if ($path === '/directory') {
        return [200, [], ['newNonce' => "{$base}/nonce", 'newAccount' => "{$base}/account", 'newOrder' => "{$base}/order", 'revokeCert' => "{$base}/revoke", 'keyChange' => "{$base}/key", 'meta' => []]];
    }
    if ($path === '/nonce') {
        return [200, [], ''];
    }
    [$payload, $jwk, $account] = $opened($body, $base . $path);
    if (($control['fail'] ?? null) && in_array(explode('/', $path)[1], $control['at'] ?? ['order'])) {
        throw new Problem($control['fail'], $control['detail'] ?? 'as the test wants it', $control['status'] ?? 400);
    }
    if ($path === '/account') {
        ($payload['termsOfServiceAgreed'] ?? false) || throw new Problem('userActionRequired', 'the terms', 403);
        if ($wanted = $control['binding'] ?? null) {
            $bound = $payload['externalAccountBinding'] ?? throw new Problem('externalAccountRequired', 'an account of ours is needed', 403);
            $protected = json_decode($un64($bound['protected']), true);
            $is = $protected['kid'] === $wanted['id'] && $protected['alg'] === 'HS256' && $protected['url'] === "{$base}/account" && json_decode($un64($bound['payload']), true) == $jwk
                && hash_equals($b64(hash_hmac('sha256', "{$bound['protected']}.{$bound['payload']}", $un64($wanted['key']), true)), $bound['signature']);
            $is || throw new Problem('unauthorized', 'the binding is wrong', 403);
        }
        $url = "{$base}/account/" . (count($accounts) + 1);
        $accounts[$url] = $jwk;
        $told('account ' . implode(',', $payload['contact'] ?? []));

        return [201, ["Location: {$url}"], ['status' => 'valid']];
    }
    $account ?? throw new Problem('malformed', 'no account');
    if ($path === '/order') {
        $id = count($orders) + 1;
        $orders[$id] = ['name' => $payload['identifiers'][0]['value'], 'status' => 'pending', 'challenges' => []];
        foreach ($control['offers'] ?? ['http-01', 'tls-alpn-01'] as $type) {
            $orders[$id]['challenges'][$type] = ['type' => $type, 'url' => "{$base}/challenge/{$id}/{$type}", 'token' => $b64(random_bytes(24)), 'status' => 'pending'];
        }
        $told("order {$orders[$id]['name']}");

        return [201, ["Location: {$base}/order/{$id}"], $shown($id)];
    }
    [, $what, $id, $type] = [...explode('/', $path), null];
    $id = (int) $id;
    $order = &$orders[$id];
    switch ($what) {
        case 'order':
            if ($order['status'] === 'processing') {
                $order['status'] = 'valid';
            }
            return [200, [], $shown($id)];
        case 'authz':
            $status = ['pending' => 'pending', 'invalid' => 'invalid'][$order['status']] ?? 'valid';
            return [200, [], ['identifier' => ['type' => 'dns', 'value' => $order['name']], 'status' => $status, 'challenges' => array_values($order['challenges'])]];
        case 'challenge':
            $later[] = function () use (&$orders, &$control, $id, $type, $proven, $thumb, $jwk, $told): bool {
                if ($control['hang'] ?? false) {
                    return false;
                }
                $challenge = &$orders[$id]['challenges'][$type];
                try {
                    $proven($orders[$id]['name'], $type, $challenge['token'], $thumb($jwk));
                    [$orders[$id]['status'], $challenge['status']] = ['ready', 'valid'];
                } catch (Problem $problem) {
                    [$orders[$id]['status'], $challenge['status']] = ['invalid', 'invalid'];
                    $challenge['error'] = ['type' => "urn:ietf:params:acme:error:{$problem->type}", 'detail' => $problem->getMessage(), 'status' => $problem->status];
                }
                $told("{$type} of {$orders[$id]['name']} is {$challenge['status']}");
                return true;
            };
            $told("asked to look at {$order['name']} by {$type}");
            return [200, [], $order['challenges'][$type]];
        case 'finalize':
            $order['status'] === 'ready' || throw new Problem('orderNotReady', $order['status'], 403);
            $order['certificate'] = $signed($un64($payload['csr']), $order['name']);
            $order['status'] = 'processing';
            return [200, [], $shown($id)];
        case 'certificate':
            return [200, ['Content-Type: application/pem-certificate-chain'], $order['certificate']];
    }
    throw new Problem('malformed', "there is no {$path}", 404);
};

$context = stream_context_create(['ssl' => ['local_cert' => "{$folder}/acme.crt", 'local_pk' => "{$folder}/acme.key"]]);
$server = stream_socket_server("tcp://127.0.0.1:{$port}", $code, $why, STREAM_SERVER_BIND | STREAM_SERVER_LISTEN, $context) ?: exit("{$why}\n");
while (true) {
    $socket = @stream_socket_accept($server, $later ? 0.05 : 1.0);
    $control = json_decode((string) @file_get_contents("{$folder}/control.json"), true) ?? $control;
    if ($socket) {
        stream_set_timeout($socket, 5);
        if (@stream_socket_enable_crypto($socket, true, STREAM_CRYPTO_METHOD_TLS_SERVER)) {
            for ($text = ''; !str_contains($text, "\r\n\r\n") && ($piece = fread($socket, 8192)); $text .= $piece);
            [$head, $body] = explode("\r\n\r\n", "{$text}\r\n\r\n", 2);
            $body = substr($body, 0, -4);
            for ($length = preg_match('/^content-length: *(\d+)/im', $head, $found) ? (int) $found[1] : 0; strlen($body) < $length && ($piece = fread($socket, 8192)); $body .= $piece);
            [$method, $path] = explode(' ', $head . '  ');
            try {
                [$status, $fields, $content] = $answer($method, $path, $body);
            } catch (Problem $problem) {
                $told("refused {$path}: {$problem->type}");
                [$status, $fields] = [$problem->status, ['Content-Type: application/problem+json']];
                $content = ['type' => "urn:ietf:params:acme:error:{$problem->type}", 'detail' => $problem->getMessage(), 'status' => $problem->status];
                if (isset($control['retry_after'])) {
                    $fields[] = "Retry-After: {$control['retry_after']}";
                }
            }
            $content = is_string($content) ? $content : json_encode($content, JSON_UNESCAPED_SLASHES);
            $nonces[$nonce = bin2hex(random_bytes(12))] = true;
            @fwrite($socket, "HTTP/1.1 {$status} -\r\n" . implode('', array_map(fn ($field) => "{$field}\r\n", $fields)) . "Replay-Nonce: {$nonce}\r\nContent-Length: " . strlen($content)
                . "\r\nConnection: close\r\n\r\n" . ($method === 'HEAD' ? '' : $content));
        }
        fclose($socket);
    }
    $later = array_values(array_filter($later, fn (Closure $look) => !$look()));
}
