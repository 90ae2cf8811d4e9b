<?php
// $request->get with PHP's rules for brackets.

require __DIR__ . '/../support/http.php';

serve([], function ($request, $response) {
    echo $request->server['request_uri'], ' ', $request->server['query_string'] ?? '(none)', ' ', json_encode($request->get), "\n";
    $response->end();
}, function (Client $c) {
    foreach (['a=1&b=2', 'a[]=1&a[]=2', 'a[x][y]=1&a[x][z]=2', 'a=1&a=2', 'a&b=&=c', 'a.b=1&c%20d=2&e+f=g+h', 'a%5Bk%5D=v', 'a[=1&b]=2&c[x=3',
        'a=%zz&b=%4', 'k=%E2%82%AC', '', '?', 'a;b=1', '[x]=1', 'a[0]=x&a[5]=y&a[]=z', 'a=1#fragment', 'x=' . str_repeat('y', 50)] as $query) {
        $c->request("GET /path?$query");
    }
    $c->request('GET /no-query');
    $c->request('GET /many?' . implode('&', array_map(fn ($i) => "k$i=$i", range(1, 5))));
});
