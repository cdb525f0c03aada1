/** Code for the console that hands a token and a proof to somebody else. */
export function thiefCode(apiOrigin: string): string {
  return `const url = '${apiOrigin}/whoami'
const request = { method: 'GET', url }
const { authorization, dpop } =
  await tmb.authorize(request)
console.log(\`curl -i \${url} \\\\
  -H 'Authorization: \${authorization}' \\\\
  -H 'DPoP: \${dpop}'\`)`
}
