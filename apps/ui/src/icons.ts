// The icons that pages use beside their own parts; lucide, 18 px, stroke 1.75 by the class "icon".
export { ArrowUp, ChevronDown, MessageSquare, Mic, MicOff, Phone, PhoneOff } from 'lucide-react'
